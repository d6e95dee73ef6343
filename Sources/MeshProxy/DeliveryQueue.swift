internal import MeshCore

/// Datagrams on their way, the one that is due first in front; of those due together the one that came first.
struct DeliveryQueue {
    struct Delivery {
        var due: Instant
        let number: UInt64
        var flippedBit: Int?
        var isLast = true
        fileprivate var arrival: UInt64 = 0

        init(due: Instant, number: UInt64) {
            self.due = due
            self.number = number
        }
    }

    private var heap: [Delivery] = []
    private var arrivals: UInt64 = 0

    var count: Int { heap.count }

    var first: Delivery? { heap.first }

    mutating func insert(_ delivery: Delivery) {
        arrivals += 1
        heap.append(delivery)
        heap[heap.count - 1].arrival = arrivals
        var position = heap.count - 1
        while position > 0, isEarlier(position, (position - 1) / 2) {
            heap.swapAt(position, (position - 1) / 2)
            position = (position - 1) / 2
        }
    }

    mutating func popDue(at now: Instant) -> Delivery? {
        guard let first = heap.first, first.due <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var position = 0
        while true {
            var child = position * 2 + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, isEarlier(child + 1, child) { child += 1 }
            guard isEarlier(child, position) else { break }
            heap.swapAt(child, position)
            position = child
        }
        return first
    }

    private func isEarlier(_ left: Int, _ right: Int) -> Bool {
        heap[left].due == heap[right].due
            ? heap[left].arrival < heap[right].arrival : heap[left].due < heap[right].due
    }
}
