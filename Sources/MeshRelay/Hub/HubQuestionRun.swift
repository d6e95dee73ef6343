internal import MeshChat
internal import MeshCore
internal import MeshGateway
internal import MeshSessions

/// An answer of a hub's desk to a question: its session has it before its end is handed over.
final class HubQuestionRun: EscalationRun {
    let run: UniqueID
    private let answer: any ChatRun
    private let keeper: AnswerKeeper?
    private let hasEnded = Lock(false)

    init(_ answer: any ChatRun, run: UniqueID, thread: SessionThread?, deadline: Instant) {
        self.answer = answer
        self.run = run
        keeper = thread.map { AnswerKeeper($0, run: run, deadline: deadline) }
    }

    var model: String { answer.model }

    /// Nothing is redacted on a hub.
    var privacy: PrivacyNote? { nil }

    var cost: Money? { hasEnded.withLock { $0 } ? answer.costSoFar : nil }

    var charge: CallCharge? { hasEnded.withLock { $0 } ? answer.charge : nil }

    var usageSoFar: ChatUsage { answer.usageSoFar }

    func cancel() { answer.cancel() }

    func next() async throws(ChatError) -> ChatEvent? {
        let event = try await answer.next()
        switch event {
        case .text(let text)?: keeper?.take(text)
        case .ended?:
            try await keeper?.keep(model: model, usage: answer.usageSoFar)
            hasEnded.withLock { $0 = true }
        default: break
        }
        return event
    }
}
