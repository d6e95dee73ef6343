internal import MeshCore

/// A call at a desk, from its admission until its account is settled; it ends once, by whoever ends it first.
final class AdmittedCall: Sendable {
    /// What is to be done for the account, once.
    struct Settlement: Sendable {
        let call: AdmittedCall
        let hold: AdmissionHold
        /// Nil where nothing was used.
        let outcome: AdmissionOutcome?
        let record: CallRecord
        var attempts = 0
    }

    private struct State {
        var hold: AdmissionHold?
        var answer: BegunAnswer?
        /// Whoever works on it and has not said a word yet.
        var asked: ModelChoice?
        /// What the last attempt has reported before its first word, if it has.
        var spent: (ModelChoice, ChatUsage)?
        var firstWord: Duration?
        var isOver = false
        /// Why the desk itself has broken it off.
        var reason: ChatError?
        /// What it was charged, once it is settled.
        var charge: CallCharge?
    }

    let ask: DeskCall
    let began: Instant
    private let trace: TraceContext?
    /// How it was put to whoever admits.
    private let admission = Lock<AdmissionAsk?>(nil)
    private let state = Lock(State())

    init(_ ask: DeskCall, began: Instant, trace: TraceContext?) {
        self.ask = ask
        self.began = began
        self.trace = trace
    }

    // MARK: Beginning

    /// It is to be answered by whoever `ask` has in front, if that can.
    func routed(to ask: AdmissionAsk) { admission.withLock { $0 = ask } }

    /// The price that is agreed on; nil until it is known who is asked.
    var price: ModelPrice? { admission.withLock { $0?.price } }

    /// It was admitted; false where the desk has broken it off meanwhile.
    func admitted(_ hold: AdmissionHold) -> Bool {
        state.withLock { state in
            guard !state.isOver else { return false }
            state.hold = hold
            return true
        }
    }

    /// What was set aside for it.
    var hold: AdmissionHold? { state.withLock { $0.hold } }

    /// What is known of an attempt before its first word.
    ///
    /// What an attempt before that one has used is ours to bear: nobody pays twice for one question.
    func heard(_ news: AttemptNews) {
        state.withLock { state in
            switch news {
            case .asked(let choice): state.asked = choice
            case .spent(let choice, let usage): state.spent = (choice, usage)
            case .failed: state.asked = nil
            }
        }
    }

    /// Its first word is there; false where the desk has broken it off meanwhile.
    func answerBegan(_ answer: BegunAnswer, now: Instant) -> Bool {
        state.withLock { state in
            state.answer = answer
            state.firstWord = now - began
            return !state.isOver
        }
    }

    // MARK: Ending

    /// Why the desk has broken it off, if it has.
    var reason: ChatError? { state.withLock { $0.reason } }

    /// Whether it has ended.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// What it was charged; nil until it is settled, and where nobody charges.
    var charge: CallCharge? { state.withLock { $0.charge } }

    /// It is settled, for `charge`.
    func settled(_ charge: CallCharge?) { state.withLock { $0.charge = charge } }

    /// Ends it, if nobody has: what remains to be done then.
    func end(_ end: AdmissionOutcome.End, _ code: ChatErrorCode?, now: Instant) -> Settlement? {
        settlement(of: claim(nil), end, code, now: now)
    }

    /// Ends it because the desk wants it so; whoever reads is told `reason`.
    func breakOff(_ reason: ChatError, now: Instant) -> Settlement? {
        guard let ended = claim(reason) else { return nil }
        ended.answer?.cancel()
        return settlement(of: ended, .brokenOff, reason.code, now: now)
    }

    /// Stops it, as whoever has asked for it wants.
    func leave(now: Instant) -> Settlement? {
        guard let ended = claim(nil) else { return nil }
        ended.answer?.cancel()
        return settlement(of: ended, .clientLeft, nil, now: now)
    }

    /// Of a call that nobody has admitted, or that found nobody to answer.
    func record(refusedBy code: ChatErrorCode, now: Instant) -> CallRecord {
        let code = isStoppedInTime(code, now) ? code : .timedOut
        var record = CallRecord(id: ask.id, trace: trace, tenant: ask.tenant, key: ask.key, outcome: .refused(code))
        record.model = admission.withLock { $0?.model }
        record.whole = now - began
        return record
    }

    /// Whether nobody but the client can have stopped it: at its deadline, whoever waits for it does.
    private func isStoppedInTime(_ code: ChatErrorCode, _ now: Instant) -> Bool {
        code != .cancelled || now < ask.deadline
    }

    private func claim(_ reason: ChatError?) -> State? {
        state.withLock { state in
            #if PLANTED_BUGS
            if PlantedBug.settleAgain.isOn { state.isOver = false }
            #endif
            guard !state.isOver else { return nil }
            state.isOver = true
            state.reason = reason
            return state
        }
    }

    private func settlement(
        of ended: State?,
        _ end: AdmissionOutcome.End,
        _ code: ChatErrorCode?,
        now: Instant
    ) -> Settlement? {
        guard let ended, let hold = ended.hold else { return nil }
        let isLate = end == .clientLeft && !isStoppedInTime(.cancelled, now)
        let code = isLate ? ChatErrorCode.timedOut : code
        let end = isLate ? AdmissionOutcome.End.brokenOff : end
        let isTheAskers = end == .clientLeft || now >= ask.deadline
        guard let (choice, usage) = used(ended, isTheAskers) else {
            let record = record(refusedBy: code ?? .cancelled, now: now)
            return Settlement(call: self, hold: hold, outcome: nil, record: record)
        }
        let outcome: CallRecord.Outcome =
            switch end {
            case .complete: .complete
            case .clientLeft: .clientLeft
            case .brokenOff: .brokenOff(code ?? .upstreamFailed)
            }
        var record = CallRecord(id: ask.id, trace: trace, tenant: ask.tenant, key: ask.key, outcome: outcome)
        record.model = choice.row.name
        record.engine = choice.offer.engine
        record.usage = usage
        record.firstWord = ended.firstWord
        record.whole = now - began
        let isNothing = record.usage.totalTokens == 0 && end != .complete
        let settled = AdmissionOutcome(
            end: end,
            usage: record.usage,
            cost: choice.price.cost(of: record.usage),
            substitute: substitute(choice)
        )
        return Settlement(call: self, hold: hold, outcome: isNothing ? nil : settled, record: record)
    }

    /// Who has used what, as far as anybody can tell.
    ///
    /// Whoever was asked and has said nothing has read the question all the same, and is paid for it. Somebody who
    /// leaves pays that as an estimate: else everybody could have it worked on for nothing. Where we stop, we bear it.
    private func used(_ ended: State, _ isTheAskers: Bool) -> (ModelChoice, ChatUsage)? {
        if let answer = ended.answer { return (answer.choice, answer.usageSoFar) }
        if let spent = ended.spent { return spent }
        guard isTheAskers, let asked = ended.asked else { return nil }
        return (asked, ChatUsage(inputTokens: TokenEstimate.likely(of: ask.request), isEstimated: true))
    }

    /// Whoever has answered, where that is another model than was asked first.
    private func substitute(_ choice: ModelChoice) -> AdmissionOutcome.Substitute? {
        guard admission.withLock({ $0?.model }) != choice.row.name else { return nil }
        return .init(model: choice.row.name, price: choice.price, engine: choice.offer.engine)
    }
}
