import MeshCore
import Testing

@Suite struct `A lock` {
    @Test func `no increment is lost between tasks`() async {
        let counter = Lock(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10_000 { counter.withLock { $0 += 1 } }
                }
            }
        }
        #expect(counter.withLock { $0 } == 80_000)
    }

    @Test func `it is released when the body throws`() {
        struct Mishap: Error {}
        let lock = Lock(1)
        #expect(throws: Mishap.self) { try lock.withLock { (_: inout Int) throws(Mishap) in throw Mishap() } }
        #expect(lock.withLock { $0 } == 1)
    }
}

@Suite struct `A bounded queue` {
    @Test func `first in, first out, and nothing beyond the bound`() {
        var queue = BoundedQueue<Int>(capacity: 3)
        #expect(queue.isEmpty && queue.first == nil)
        let taken = (1...4).map { queue.append($0) }
        #expect(taken == [true, true, true, false] && queue.isFull)
        let popped = (1...4).map { _ in queue.popFirst() }
        #expect(popped == [1, 2, 3, nil])
    }

    @Test func `it agrees with an array over ten thousand random steps`() {
        var generator = SeededGenerator(seed: 7)
        for capacity in [1, 2, 7, 8, 9, 100] {
            var queue = BoundedQueue<Int>(capacity: capacity)
            var model: [Int] = []
            for step in 0..<10_000 {
                if generator.chance(11, in: 20) {
                    let isTaken = queue.append(step)
                    #expect(isTaken == (model.count < capacity))
                    if isTaken { model.append(step) }
                } else {
                    let expected = model.isEmpty ? nil : model.removeFirst()
                    let popped = queue.popFirst()
                    #expect(popped == expected)
                }
                #expect(queue.count == model.count && queue.first == model.first)
            }
        }
    }

    @Test func `it lets go of what was taken out`() {
        final class Thing {}
        var queue = BoundedQueue<Thing>(capacity: 2)
        weak var gone: Thing?
        do {
            let thing = Thing()
            gone = thing
            _ = queue.append(thing)
        }
        #expect(gone != nil)
        _ = queue.popFirst()
        #expect(gone == nil)
    }
}
