import Glibc
import MeshCore
import MeshIO
import Testing

@Suite struct `A send queue` {
    /// A double of the kernel: answers what it was told, then takes everything.
    private final class Kernel {
        var answers: [Int32]
        var offered: [Int32] = []

        init(_ answers: [Int32] = []) { self.answers = answers }

        func send(_ messages: UnsafeRawPointer, _ count: Int32) -> Int32 {
            offered.append(count)
            guard !answers.isEmpty else { return count }
            return min(count, answers.removeFirst())
        }
    }

    private let remote = SocketAddress.loopbackIPv4(port: 9)

    private func makeQueue(isSegmenting: Bool = true) -> SendQueue {
        SendQueue(family: .ipv4, isSegmenting: isSegmenting, choosesSource: false)
    }

    private func add(_ count: Int, by segment: Int, to queue: inout SendQueue) -> Bool {
        guard let memory = queue.reserve(count) else { return false }
        memory.initializeMemory(as: UInt8.self, repeating: 1)
        queue.append(DatagramTrain(segmentBytes: segment, to: remote), count: count)
        return true
    }

    @Test func `sends trains whole where the kernel cuts them, and each datagram where it does not`() {
        for (isSegmenting, messages) in [(true, [3]), (false, [7])] as [(Bool, [Int32])] {
            var queue = makeQueue(isSegmenting: isSegmenting)
            var counters = UDPCounters()
            let kernel = Kernel()
            #expect(add(300, by: 100, to: &queue) && add(50, by: 100, to: &queue) && add(201, by: 100, to: &queue))
            #expect(queue.flush(counting: &counters, kernel.send) == .done)
            #expect(kernel.offered == messages)
            #expect(counters.datagramsSent == 7 && counters.bytesSent == 551 && counters.sendCalls == 1)
            let isEmpty = queue.isEmpty
            #expect(isEmpty)
        }
    }

    @Test func `keeps the rest where the kernel has no room, and goes on where it stopped`() {
        for isSegmenting in [true, false] {
            var queue = makeQueue(isSegmenting: isSegmenting)
            var counters = UDPCounters()
            for _ in 0..<10 { #expect(add(300, by: 100, to: &queue)) }
            let kernel = Kernel([4, -EAGAIN, -EINTR, 1, -EAGAIN])
            #expect(queue.flush(counting: &counters, kernel.send) == .blocked)
            #expect(counters.datagramsSent == (isSegmenting ? 12 : 4))
            #expect(queue.flush(counting: &counters, kernel.send) == .blocked)
            #expect(counters.datagramsSent == (isSegmenting ? 15 : 5))
            #expect(queue.flush(counting: &counters, kernel.send) == .done)
            #expect(counters.datagramsSent == 30 && counters.bytesSent == 3_000 && counters.timesBlocked == 2)
        }
    }

    @Test func `drops what the kernel refuses and sends what is behind it`() {
        var queue = makeQueue()
        var counters = UDPCounters()
        for _ in 0..<6 { #expect(add(100, by: 100, to: &queue)) }
        let kernel = Kernel([1, -EMSGSIZE, 1, -ENETUNREACH, -ECONNREFUSED, 1])
        #expect(queue.flush(counting: &counters, kernel.send) == .done)
        #expect(counters.datagramsSent == 3 && counters.datagramsRefused == 3)
        #expect(counters.lastRefusal == ECONNREFUSED)
    }

    @Test(arguments: [EIO, EINVAL])
    func `cuts trains itself once the kernel would not and that has helped`(number: Int32) {
        var queue = makeQueue()
        var counters = UDPCounters()
        for _ in 0..<3 { #expect(add(250, by: 100, to: &queue)) }
        let kernel = Kernel([1, -number])
        #expect(queue.flush(counting: &counters, kernel.send) == .done)
        #expect(kernel.offered == [3, 2, 3, 3])
        #expect(counters.datagramsSent == 9 && counters.datagramsRefused == 0)
        let isSegmenting = queue.isSegmenting
        #expect(!isSegmenting)
    }

    @Test func `goes on sending whole trains after one that no cutting helped`() {
        var queue = makeQueue()
        var counters = UDPCounters()
        for _ in 0..<3 { #expect(add(250, by: 100, to: &queue)) }
        // The first train's peer has an impossible port: EINVAL for it whole, and for each of its three datagrams.
        let kernel = Kernel([-EINVAL, -EINVAL, -EINVAL, -EINVAL])
        #expect(queue.flush(counting: &counters, kernel.send) == .done)
        #expect(kernel.offered == [3, 3, 2, 1, 2])
        #expect(counters.datagramsRefused == 3 && counters.datagramsSent == 6)
        let isSegmenting = queue.isSegmenting
        #expect(isSegmenting)
    }

    @Test func `refuses bytes and trains beyond its bounds, until some have gone`() {
        var queue = makeQueue()
        var counters = UDPCounters()
        var trains = 0
        while add(Limits.IO.maximumTrainBytes, by: 2_000, to: &queue) { trains += 1 }
        #expect(trains == Limits.IO.maximumBytesToSend / Limits.IO.maximumTrainBytes)
        #expect(queue.flush(counting: &counters, Kernel([3, -EAGAIN]).send) == .blocked)
        var more = 0
        while add(Limits.IO.maximumTrainBytes, by: 2_000, to: &queue) { more += 1 }
        #expect(more == 3)
        #expect(queue.flush(counting: &counters, Kernel().send) == .done)
        trains = 0
        while add(1, by: 1, to: &queue) { trains += 1 }
        #expect(trains == Limits.IO.maximumTrainsToSend)
    }

    @Test func `never offers more messages than one call takes`() {
        var queue = makeQueue(isSegmenting: false)
        var counters = UDPCounters()
        for _ in 0..<20 { #expect(add(10 * Limits.IO.maximumSegmentsPerTrain, by: 10, to: &queue)) }
        let kernel = Kernel()
        #expect(queue.flush(counting: &counters, kernel.send) == .done)
        #expect(kernel.offered == Array(repeating: 64, count: 20))
    }
}
