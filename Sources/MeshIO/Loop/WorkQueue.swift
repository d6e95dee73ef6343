/// Something that a loop runs.
enum LoopWork {
    /// A piece of a task.
    case job(UnownedJob)

    /// A piece of a task that is isolated to nothing, and the executor that it prefers, which outlives it.
    case task(UnownedJob, UnownedTaskExecutor)

    /// A closure left by ``EventLoop/execute(_:)``.
    case closure(@Sendable () -> Void)
}

/// Work in the order in which it came; its memory is reused.
struct WorkQueue {
    private var items: [LoopWork] = []
    private var head = 0

    var isEmpty: Bool { head == items.count }

    var count: Int { items.count - head }

    mutating func append(_ work: LoopWork) { items.append(work) }

    /// Takes over what `other` holds, behind what is here; `other` gets the memory that is not needed.
    mutating func append(contentsOf other: inout WorkQueue) {
        if isEmpty {
            removeAll()
            swap(&self, &other)
        } else {
            items.append(contentsOf: other.items[other.head...])
            other.removeAll()
        }
    }

    mutating func popFirst() -> LoopWork? {
        guard head < items.count else { return nil }
        let work = items[head]
        head += 1
        if head == items.count {
            removeAll()
        } else if head >= Self.compactingAt, head * 2 >= items.count {
            items.removeFirst(head)
            head = 0
        }
        return work
    }

    private mutating func removeAll() {
        items.removeAll(keepingCapacity: items.capacity <= Self.capacityKept)
        head = 0
    }

    private static let compactingAt = 1_024
    private static let capacityKept = 65_536
}
