internal import MeshChat
internal import MeshCore
internal import MeshEscalation
internal import MeshGateway
internal import MeshPrivacy
internal import MeshSessions

/// An answer that its session has already: it is said again, and nobody is asked or charged.
final class SaidAgain: EscalationRun {
    let run: UniqueID
    let model: String
    let usageSoFar: ChatUsage
    let privacy: PrivacyNote?
    let isCut: Bool
    let knowsStopReason: Bool
    private let events: Lock<[ChatEvent]>

    /// The answer that `message` has; on an edge, with the originals that `map` knows.
    init(_ message: SessionMessage, run: UniqueID, restoredBy map: PlaceholderMap? = nil) {
        self.run = run
        model = message.model ?? "unknown"
        knowsStopReason = message.stopReason != nil
        let tokens = message.tokens
        usageSoFar = ChatUsage(
            inputTokens: Int(clamping: tokens?.input ?? 0),
            outputTokens: Int(clamping: tokens?.output ?? 0)
        )
        let restored = map.map { Restorer.restore(bounded: message.text, with: $0) }
        isCut = message.isCut || restored?.isWhole == false
        let text = restored?.text ?? message.text
        privacy = restored.map { PrivacyNote(found: RedactionReport(), restored: $0.tally) }
        let start = ChatStart(id: run.description, model: model)
        let said: [ChatEvent] = text.isEmpty ? [] : [.text(text)]
        let end = ChatEvent.ended(message.stopReason ?? .endOfTurn)
        events = Lock([.started(start)] + said + [.usage(usageSoFar), end])
    }

    /// That was known when it was said first.
    var leftOut: LeftOut? { nil }

    /// It was paid when it was said first.
    var cost: Money? { .zero }

    /// Nothing this time.
    var charge: CallCharge? { .nothing }

    func next() async throws(ChatError) -> ChatEvent? {
        events.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }

    func cancel() { events.withLock { $0 = [] } }
}

extension KeptAnswer {
    /// The answer that `message` has, with the originals that `map` knows.
    init(_ message: SessionMessage, run: UniqueID, restoredBy map: PlaceholderMap) {
        let (text, tally, isWhole) = Restorer.restore(bounded: message.text, with: map)
        let again = SaidAgain(message, run: run)
        self.init(run: run, model: again.model, text: text, usage: again.usageSoFar)
        (isCut, stopReason) = (message.isCut || !isWhole, message.stopReason)
        (cost, charge) = (again.cost, again.charge)
        privacy = PrivacyNote(found: RedactionReport(), restored: tally)
    }
}
