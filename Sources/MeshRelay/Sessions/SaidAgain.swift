internal import MeshChat
internal import MeshCore
internal import MeshGateway
internal import MeshPrivacy
internal import MeshSessions

/// An answer that its session has already: it is said again, and nobody is asked or charged.
final class SaidAgain: EscalationRun {
    let run: UniqueID
    let model: String
    let usageSoFar: ChatUsage
    let privacy: PrivacyNote?
    private let events: Lock<[ChatEvent]>

    /// The answer that `message` has; on an edge, with the originals that `map` knows.
    init(_ message: SessionMessage, run: UniqueID, restoredBy map: PlaceholderMap? = nil) {
        self.run = run
        model = message.model ?? "unknown"
        let tokens = message.tokens
        usageSoFar = ChatUsage(
            inputTokens: Int(clamping: tokens?.input ?? 0),
            outputTokens: Int(clamping: tokens?.output ?? 0)
        )
        let restored = map.map { Restorer.restore(message.text, with: $0) }
        let text = restored?.text ?? message.text
        privacy = restored.map { PrivacyNote(found: RedactionReport(), restored: $0.tally) }
        let start = ChatStart(id: run.description, model: model)
        let said: [ChatEvent] = text.isEmpty ? [] : [.text(text)]
        let end = ChatEvent.ended(message.isCut ? .maximumTokens : .endOfTurn)
        events = Lock([.started(start)] + said + [.usage(usageSoFar), end])
    }

    /// It was paid when it was said first.
    var cost: Money? { .zero }

    /// Nothing this time.
    var charge: CallCharge? { .nothing }

    func next() async throws(ChatError) -> ChatEvent? {
        events.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }

    func cancel() { events.withLock { $0 = [] } }
}
