internal import MeshChat
internal import MeshCore
internal import MeshGateway
internal import MeshSessions

/// An answer of a hub's desk to a question: its session has it before its end is handed over.
final class HubQuestionRun: EscalationRun {
    private struct State {
        /// What was said, as far as a session keeps it and a little more, so that it is seen to be cut.
        var said = ""
        var hasEnded = false
    }

    let run: UniqueID
    private let answer: any ChatRun
    private let thread: SessionThread?
    private let deadline: Instant
    private let state = Lock(State())

    init(_ answer: any ChatRun, run: UniqueID, thread: SessionThread?, deadline: Instant) {
        self.answer = answer
        self.run = run
        self.thread = thread
        self.deadline = deadline
    }

    var model: String { answer.model }

    /// Nothing is redacted on a hub.
    var privacy: PrivacyNote? { nil }

    var cost: Money? {
        guard state.withLock({ $0.hasEnded }), let price = (answer as? AdmittedAnswer)?.choice.price else { return nil }
        return price.cost(of: answer.usageSoFar)
    }

    var usageSoFar: ChatUsage { answer.usageSoFar }

    func cancel() { answer.cancel() }

    func next() async throws(ChatError) -> ChatEvent? {
        let event = try await answer.next()
        switch event {
        case .text(let text)?:
            guard thread != nil else { break }
            state.withLock { state in
                guard state.said.utf8.count <= Limits.Sessions.maximumMessageBytes else { return }
                state.said += text
            }
        case .ended?:
            if let thread { try await keep(in: thread) }
            state.withLock { $0.hasEnded = true }
        default: break
        }
        return event
    }

    /// A session that was deleted or cleared meanwhile wants no answer; one that cannot be reached has lost it, and
    /// whoever asked is told.
    private func keep(in thread: SessionThread) async throws(ChatError) {
        let usage = answer.usageSoFar
        let tokens = MessageTokens(
            input: UInt64(clamping: usage.promptTokens),
            output: UInt64(clamping: usage.outputTokens)
        )
        let said = state.withLock { $0.said }
        do throws(SessionThread.Problem) {
            try await thread.answer(said, run: run, model: model, tokens: tokens, deadline: deadline)
        } catch {
            guard case .session(.unavailable) = error else { return }
            let failure = ChatFailure(hasBegun: true)
            throw ChatError(.unavailable, "the answer is whole, and its session could not keep it", cause: failure)
        }
    }
}
