internal import MeshChat
internal import MeshCore
internal import MeshGateway
internal import MeshSessions

/// An answer that its session has already: it is said again, and nobody is asked or charged.
final class SaidAgain: EscalationRun {
    let run: UniqueID
    let model: String
    let usageSoFar: ChatUsage
    private let events: Lock<[ChatEvent]>

    init(_ message: SessionMessage, run: UniqueID) {
        self.run = run
        model = message.model ?? "unknown"
        let tokens = message.tokens
        usageSoFar = ChatUsage(
            inputTokens: Int(clamping: tokens?.input ?? 0),
            outputTokens: Int(clamping: tokens?.output ?? 0)
        )
        let start = ChatStart(id: run.description, model: model)
        let said: [ChatEvent] = message.text.isEmpty ? [] : [.text(message.text)]
        let end = ChatEvent.ended(message.isCut ? .maximumTokens : .endOfTurn)
        events = Lock([.started(start)] + said + [.usage(usageSoFar), end])
    }

    var privacy: PrivacyNote? { nil }

    /// It was paid when it was said first.
    var cost: Money? { .zero }

    func next() async throws(ChatError) -> ChatEvent? {
        events.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }

    func cancel() { events.withLock { $0 = [] } }
}
