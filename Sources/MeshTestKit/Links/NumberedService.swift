package import MeshActors
internal import MeshCore

/// Answers numbered requests, and knows whether one of them was handled twice.
package final class NumberedService: Sendable {
    /// What was handled.
    package struct Counts: Hashable, Sendable {
        /// Requests handled.
        package var handled = 0
        /// Of these, how many had been handled before.
        package var doubled = 0
        /// Payloads that are no numbered request.
        package var malformed = 0
    }

    private struct Memory {
        var seen: [NodeID: SeenNumbers] = [:]
        var counts = Counts()
    }

    private let memory = Lock(Memory())

    /// A service that has handled nothing.
    package init() {}

    /// What was handled so far.
    package var counts: Counts { memory.withLock { $0.counts } }

    /// Handles `request`.
    package func answer(_ request: IncomingRequest) -> [UInt8] {
        guard let numbered = NumberedRequest(payload: request.payload) else {
            memory.withLock { $0.counts.malformed += 1 }
            return []
        }
        memory.withLock { memory in
            memory.counts.handled += 1
            let isNew = memory.seen[request.sender, default: SeenNumbers()].insert(numbered.number)
            if !isNew { memory.counts.doubled += 1 }
        }
        return numbered.answer
    }
}
