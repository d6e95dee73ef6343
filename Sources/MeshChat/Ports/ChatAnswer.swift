internal import MeshCore

/// An answer that is being given.
///
/// To be read once, by one task. It is pulled: while nobody asks for the next event, the engine decodes no further and
/// a provider is held back (what has been decoded already is at most ``Limits/Chat/maximumEventsAhead`` events).
/// Cancelling the task that reads, calling ``cancel()`` or letting go of the answer stops the engine or the provider at
/// once, also in the midst of reading a long prompt. After an error or the end nothing more comes.
package protocol ChatAnswer: AnyObject, Sendable {
    /// The next event; nil behind `ended`.
    ///
    /// Throws where the answer breaks off. Events come as ``ChatEvent`` says: a reader may trust their order.
    func next() async throws(ChatError) -> ChatEvent?

    /// Stops it, if it is not over; safe to call from anywhere, any number of times.
    func cancel()

    /// What was used so far, for an answer that breaks off or is stopped: what was reported, else an estimate that
    /// says so; callable at any time, also after ``cancel()``.
    var usageSoFar: ChatUsage { get }
}

extension ChatAnswer {
    /// All of it.
    package func collect() async throws(ChatError) -> ChatReply {
        var builder = ChatReplyBuilder()
        do throws(ChatError) {
            while let event = try await next() { try builder.take(event) }
            guard let reply = builder.reply() else {
                throw ChatError(.upstreamFailed, "the answer breaks off")
            }
            return reply
        } catch {
            cancel()
            throw error
        }
    }

    /// The events as a sequence, for `for try await`.
    package var events: ChatEventSequence { ChatEventSequence(answer: self) }
}

/// The events of one answer; to be gone through once.
package struct ChatEventSequence: AsyncSequence, Sendable {
    let answer: any ChatAnswer

    /// The iterator, which pulls.
    package struct AsyncIterator: AsyncIteratorProtocol {
        let answer: any ChatAnswer

        /// The next event; nil at the end.
        package mutating func next() async throws -> ChatEvent? { try await answer.next() }

        /// The next event; nil at the end.
        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(ChatError) -> ChatEvent? { try await answer.next() }
    }

    /// An iterator.
    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(answer: answer) }
}
