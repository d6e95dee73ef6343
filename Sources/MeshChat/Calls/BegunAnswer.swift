internal import MeshCore

/// An answer whose first word is there, and who gives it.
package final class BegunAnswer: ChatAnswer {
    private let answer: any ChatAnswer
    private let head: Lock<Head>

    private struct Head {
        var events: [ChatEvent]
        var taken = 0
    }

    /// Who answers, at what price.
    package let choice: ModelChoice

    /// Parameters that were left out because the model refuses them, for `x-mesh-dropped-parameters`.
    package let dropped: [String]

    init(_ answer: any ChatAnswer, head: [ChatEvent], choice: ModelChoice, dropped: [String]) {
        self.answer = answer
        self.head = Lock(Head(events: head))
        self.choice = choice
        self.dropped = dropped
    }

    /// The next event: first those that were waited for.
    package func next() async throws(ChatError) -> ChatEvent? {
        let first: ChatEvent? = head.withLock { head in
            guard head.taken < head.events.count else { return nil }
            head.taken += 1
            return head.events[head.taken - 1]
        }
        if let first { return first }
        return try await answer.next()
    }

    /// Stops it.
    package func cancel() { answer.cancel() }

    /// What was used so far.
    package var usageSoFar: ChatUsage { answer.usageSoFar }
}
