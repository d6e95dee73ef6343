package import MeshChat
package import MeshCore
package import MeshEscalation
package import MeshGateway
internal import MeshPrivacy

/// A hub's answer with the originals put back, as an application of this edge reads it.
///
/// To be read by one task; ``cancel()`` is safe from anywhere.
package final class RestoredAnswer: Sendable {
    fileprivate struct State {
        var restorer: AnswerRestorer
        var waiting: [ChatEvent] = []
        var taken = 0
        var model = ""
        var usage: ChatUsage?
        var saidBytes = 0
        var cost: Money?
        var charge: CallCharge?
        var isCounted = false
    }

    private let answer: TunnelAnswer
    private let found: RedactionReport
    private let promptTokens: Int
    private let state: Lock<State>
    private let keeper: AnswerKeeper?
    private let tally: UsageTally
    private let tenant: TenantID

    /// The answer of the hub to what held `found`, restored by `map`; about `promptTokens` were asked.
    ///
    /// `keeper` puts it into its session, with its placeholders, before its last event is handed over.
    init(
        _ answer: TunnelAnswer,
        restoredBy map: PlaceholderMap,
        found: RedactionReport,
        promptTokens: Int,
        keeper: AnswerKeeper?,
        countedBy tally: UsageTally,
        for tenant: TenantID
    ) {
        self.answer = answer
        self.found = found
        self.promptTokens = promptTokens
        self.keeper = keeper
        self.tally = tally
        self.tenant = tenant
        state = Lock(State(restorer: AnswerRestorer(map: map)))
    }

    deinit { count() }

    /// Counts what was used, once: for an answer that broke off, or was let go, as far as it had come.
    private func count() {
        let (isFirst, hasBegun, cost) = state.withLock { state in
            defer { state.isCounted = true }
            return (!state.isCounted, state.usage != nil || state.saidBytes > 0, state.cost)
        }
        if isFirst, hasBegun { tally.note(usageSoFar, of: model, tenant: tenant, cost: cost) }
    }

    /// Asks, and waits for the first word: what the hub refuses is thrown here.
    package func begin() async throws(EscalationFailure) {
        while state.withLock({ $0.waiting.isEmpty }) { try await read() }
    }

    /// Reads on; false behind the end.
    @discardableResult
    private func read() async throws(EscalationFailure) -> Bool {
        // Where it throws, what is held back could be part of a placeholder, and is not said: it is in no answer.
        let piece = try await answer.next()
        switch piece {
        case nil: return false
        case .event(let event):
            if case .text(let text) = event { keeper?.take(text) }
            state.withLock { state in
                state.note(event)
                let restored = state.restorer.restore(event)
                state.put(restored)
            }
        case .end(let end):
            let hasSaidUsage = state.withLock { state in
                defer { (state.cost, state.charge, state.usage) = (end.cost, end.charge, end.usage) }
                return state.usage == end.usage
            }
            do throws(ChatError) { try await keeper?.keep(model: model, usage: end.usage) } catch {
                throw EscalationFailure(error)
            }
            await answer.taken()
            state.withLock { state in
                let last = state.restorer.restore(.ended(end.reason))
                state.put((hasSaidUsage ? [] : [.usage(end.usage)]) + last)
            }
            count()
        }
        return true
    }
}

extension RestoredAnswer: ChatRun, EscalationRun {
    /// The next event; nil behind the last.
    package func next() async throws(ChatError) -> ChatEvent? {
        while true {
            if let event = state.withLock({ $0.next() }) { return event }
            do throws(EscalationFailure) {
                guard try await read() else { return nil }
            } catch {
                throw ChatError(error)
            }
        }
    }

    /// Stops it, here and on the hub.
    package func cancel() { answer.cancel() }

    /// What the hub has counted, else an estimate.
    package var usageSoFar: ChatUsage {
        state.withLock { state in
            if let usage = state.usage { return usage }
            let said = TokenEstimate.likely(ofBytes: state.saidBytes)
            return ChatUsage(inputTokens: promptTokens, outputTokens: said, isEstimated: true)
        }
    }

    /// As the hub calls it.
    package var model: String { answer.choice?.model ?? state.withLock { $0.model } }

    /// The hub's name for it.
    package var engine: String { answer.choice?.engine ?? "hub" }

    /// The hub's.
    package var reason: String { answer.choice?.reason ?? "the hub has chosen" }

    /// What the hub has left out.
    package var dropped: [String] { answer.choice?.dropped ?? [] }

    /// The hub's matter.
    package var allowance: RequestAllowance? { nil }

    /// Its number.
    package var run: UniqueID { answer.run }

    /// What was replaced, and put back so far.
    package var privacy: PrivacyNote? {
        PrivacyNote(found: found, restored: state.withLock { $0.restorer.tally })
    }

    /// What the hub says that it costs; known behind the end.
    package var cost: Money? { state.withLock { $0.cost } }

    /// The same.
    package var costSoFar: Money? { cost }

    /// What the hub has charged for it; known behind the end.
    package var charge: CallCharge? { state.withLock { $0.charge } }
}

extension RestoredAnswer.State {
    mutating func next() -> ChatEvent? {
        guard taken < waiting.count else { return nil }
        defer { taken += 1 }
        return waiting[taken]
    }

    mutating func put(_ events: [ChatEvent]) {
        waiting = waiting[taken...] + events
        taken = 0
    }

    mutating func note(_ event: ChatEvent) {
        switch event {
        case .started(let start): model = start.model
        case .usage(let usage): self.usage = usage
        case .text(let text), .thinking(let text), .toolUseArguments(let text): saidBytes += text.utf8.count
        case .thinkingSigned, .thinkingSealed, .toolUseStarted, .toolUseEnded, .ended: break
        }
    }
}

extension ChatError {
    /// What a question's failure is to a client of either vendor.
    package init(_ failure: EscalationFailure) {
        let cause = ChatFailure(
            retryAfter: failure.retryAfter,
            parameter: failure.field,
            hasBegun: failure.hasBegun,
            credit: failure.credit
        )
        self.init(failure.chatCode, failure.message, cause: cause)
    }
}
