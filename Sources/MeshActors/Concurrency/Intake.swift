internal import MeshCore

/// Work that anybody may leave and one task takes up: how synchronous code starts something inside a task group.
///
/// Bounded: what it has no room for is refused, and so is everything after ``close()``.
package final class Intake<Element: Sendable>: Sendable {
    private struct State {
        var queue: BoundedQueue<Element>
        var isOpen = true
    }

    private let state: Lock<State>
    private let signal = Signal()

    /// An empty intake for at most `capacity` elements at a time.
    package init(capacity: Int) { state = Lock(State(queue: BoundedQueue(capacity: capacity))) }

    /// Leaves `element`, or returns false.
    package func offer(_ element: Element) -> Bool {
        let isTaken = state.withLock { $0.isOpen && $0.queue.append(element) }
        if isTaken { signal.raise() }
        return isTaken
    }

    /// How many wait.
    package var count: Int { state.withLock { $0.queue.count } }

    /// The oldest element once there is one; nil when the calling task is cancelled.
    ///
    /// One task at a time may ask.
    package func next() async -> Element? {
        while !Task.isCancelled {
            if let element = state.withLock({ $0.queue.popFirst() }) { return element }
            await signal.wait()
        }
        return nil
    }

    /// Refuses further elements and returns those that nobody has taken up.
    package func close() -> [Element] {
        state.withLock { state in
            state.isOpen = false
            var rest: [Element] = []
            while let element = state.queue.popFirst() { rest.append(element) }
            return rest
        }
    }
}
