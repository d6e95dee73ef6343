package import MeshChat
package import MeshCore
package import MeshWire

/// An answer on its way to whoever asked, on the edge: asks, puts what comes in order, asks for the rest after a cut.
///
///     ready ──begin──▶ following(attempt) ──cut──▶ pausing ──deadlineReached──▶ following(attempt + 1)
///                          │                          │
///                          └──────── whole, failed, too late, cancelled ───────▶ over
///
/// Whoever asked gets the whole answer, or one error, and never both: nothing leads out of `over`. The question is
/// asked anew only where no word has been handed over, and under the same run, which the hub's account knows.
package struct AnswerFollower: ~Copyable {
    private enum State {
        case ready
        case following
        case pausing(until: Instant)
        case over(isWhole: Bool)
    }

    private let acknowledgementBytes: UInt64
    private let deadline: Instant
    private var state = State.ready
    private var attempt: UInt64 = 0
    private var hasProgressed = false
    private var attemptsWithoutProgress = 0

    private var decoder = AnswerDecoder()
    private var offset: UInt64 = 0
    private var acknowledged: UInt64 = 0
    /// What was said on the stream before may never have come, and a hub whose window is full waits for it.
    private var repeatsAcknowledgement = false
    private var early: [StreamChunk] = []
    private var earlyBytes = 0
    private var answer: UInt64?
    private var head: [ChatEvent] = []
    private var hasDelivered = false

    /// Who answers, once the hub has said so.
    package private(set) var choice: AnswerChoice?

    /// The follower of a run that must be over at `deadline`.
    ///
    /// It says how far it is whenever it is `acknowledgementBytes` ahead of what it has said: as late as the hub's
    /// window allows where an answer that was lost with the edge shall be fetched again from its beginning.
    package init(deadline: Instant, acknowledgementBytes: UInt64 = Limits.Escalation.acknowledgementBytes) {
        self.deadline = deadline
        self.acknowledgementBytes = acknowledgementBytes
    }

    /// What the driver must do.
    package enum Action: Hashable, Sendable {
        /// Nothing.
        case none
        /// Let go of the stream before, and open one that says so: with the question, or to go on with the answer.
        case open(attempt: UInt64, offset: UInt64, answer: UInt64?, asks: Bool)
        /// Hand these over; there are more to come.
        case deliver([ChatEvent])
        /// Hand these over, and the end: the answer is whole.
        case finish([ChatEvent], AnswerEnd)
        /// Hand these over, and the error; let go of the stream.
        case fail([ChatEvent], EscalationFailure)
        /// Say on the stream that nobody wants the answer any more, where there is one.
        case cancel
    }

    /// The question shall be asked; an edge that has no hub, and was not told to wait, says so at once.
    package mutating func begin(isConnected: Bool, now: Instant) -> Action {
        guard case .ready = state else { return .none }
        guard isConnected else { return fail(EscalationFailure(.offline, "this edge has no hub now")) }
        return open()
    }

    /// A piece of the answer has come on the stream of `attempt`.
    package mutating func chunkArrived(_ chunk: StreamChunk, attempt: UInt64, now: Instant) -> Action {
        guard isCurrent(attempt) else { return .none }
        guard chunk.offset <= offset else { return keep(chunk, now) }
        var items: [AnswerItem] = []
        do throws(EscalationFailure) {
            items += try take(chunk)
            // What had come early may follow now.
            while let index = early.firstIndex(where: { $0.offset <= offset }) {
                let next = early.remove(at: index)
                earlyBytes -= next.bytes.count
                items += try take(next)
            }
        } catch {
            return handOver(items, then: error)
        }
        return handOver(items, then: nil)
    }

    /// The stream of `attempt` has said its end, behind `length` bytes.
    package mutating func endArrived(_ end: StreamEnd, attempt: UInt64, now: Instant, jitter: UInt64) -> Action {
        guard isCurrent(attempt) else { return .none }
        guard end.length == offset else { return streamCut(attempt: attempt, now: now, jitter: jitter) }
        return fail(EscalationFailure(.answerMalformed, "an answer has no end"))
    }

    /// The stream of `attempt` broke, or was not to be had; `jitter` spreads those that broke together.
    package mutating func streamCut(attempt: UInt64, now: Instant, jitter: UInt64) -> Action {
        guard isCurrent(attempt) else { return .none }
        return tryAgain(.zero, now, jitter)
    }

    /// The hub has refused the stream of `attempt`.
    package mutating func streamRefused(
        _ refusal: ErrorFrame,
        attempt: UInt64,
        now: Instant,
        jitter: UInt64
    ) -> Action {
        guard isCurrent(attempt) else { return .none }
        switch refusal.code {
        case .notFound, .offsetRefused:
            // The hub has lost the answer, or the edge has what it was told.
            guard !hasDelivered, acknowledged == 0 else {
                return fail(EscalationFailure(.interrupted, "the hub has lost the answer in its middle"))
            }
            startAnew()
            return tryAgain(.zero, now, jitter)
        case .conflict:
            return fail(EscalationFailure(.conflict, "the request's id was used for another question"))
        case .protocolViolation, .frameTooLarge, .unknownFrameType:
            return fail(EscalationFailure(.refused, "this hub does not take the question", chat: .unsupported))
        default:
            // A hub that has just come up serves no questions yet.
            let wanted = refusal.retryAfterMilliseconds.map { Duration.milliseconds($0) }
            return tryAgain(wanted ?? .zero, now, jitter)
        }
    }

    /// Whoever asked has left.
    package mutating func cancelled() -> Action {
        if case .over = state { return .none }
        state = .over(isWhole: false)
        return .cancel
    }

    /// The machine's only timer.
    package var nextDeadline: Instant? {
        switch state {
        case .ready, .following: deadline
        case .pausing(let until): min(until, deadline)
        case .over: nil
        }
    }

    /// The clock has come to `now`.
    package mutating func deadlineReached(now: Instant) -> Action {
        guard let next = nextDeadline, next <= now else { return .none }
        guard deadline > now else { return fail(EscalationFailure(.timedOut, "the answer took too long")) }
        return open()
    }

    /// How far the hub shall be told that the answer has come, once what was handed over is in good hands; nil where
    /// there is no need yet.
    package mutating func nextAcknowledgement() -> UInt64? {
        if case .following = state, repeatsAcknowledgement {
            repeatsAcknowledgement = false
            return acknowledged
        }
        let isDue: Bool =
            switch state {
            case .following: offset - acknowledged >= acknowledgementBytes
            case .over(let isWhole): isWhole && offset > acknowledged
            case .ready, .pausing: false
            }
        guard isDue else { return nil }
        acknowledged = offset
        return offset
    }

    /// Whether the answer has been handed over as a whole, or an error.
    package var isOver: Bool { if case .over = state { true } else { false } }

    /// Bytes of the answer that have come, without a gap.
    package var received: UInt64 { offset }

    // MARK: Attempts

    private func isCurrent(_ attempt: UInt64) -> Bool {
        if case .following = state { attempt == self.attempt } else { false }
    }

    private mutating func open() -> Action {
        attempt += 1
        hasProgressed = false
        forgetEarly()
        // Bytes of an answer whose number has not come are nobody's.
        if answer == nil { startAnew() }
        repeatsAcknowledgement = acknowledged > 0
        state = .following
        return .open(attempt: attempt, offset: offset, answer: answer, asks: offset == 0)
    }

    /// At once where something has come by this attempt, or by none before it; else after a pause that doubles.
    private mutating func tryAgain(_ wanted: Duration, _ now: Instant, _ jitter: UInt64) -> Action {
        attemptsWithoutProgress = hasProgressed ? 0 : attemptsWithoutProgress + 1
        guard attemptsWithoutProgress < Limits.Escalation.attemptsWithoutProgress else {
            let failure = EscalationFailure(.interrupted, "the hub cannot be reached for the rest of the answer")
            return fail(hasDelivered ? failure : EscalationFailure(.offline, "the hub cannot be reached"))
        }
        var pause = Duration.zero
        if attemptsWithoutProgress > 1 {
            let doubled = Limits.Escalation.firstPause * (1 << (attemptsWithoutProgress - 2))
            pause = min(doubled, Limits.Escalation.longestPause)
            pause -= pause / 4 * Int(jitter % 1_024) / 1_024
        }
        pause = max(pause, min(wanted, Limits.Escalation.longestPause))
        guard pause > .zero else { return open() }
        state = .pausing(until: now + pause)
        return .none
    }

    /// Nothing of the answer has been handed over, and nothing of it counts any more.
    private mutating func startAnew() {
        decoder = AnswerDecoder()
        answer = nil
        choice = nil
        offset = 0
        head = []
    }

    // MARK: Order

    /// A piece that comes before those in front of it waits for them.
    private mutating func keep(_ chunk: StreamChunk, _ now: Instant) -> Action {
        guard earlyBytes + chunk.bytes.count <= Limits.Escalation.maximumEarlyBytes else {
            // What is missing does not come on this stream: another one begins where the gap does.
            return tryAgain(.zero, now, 0)
        }
        early.append(chunk)
        earlyBytes += chunk.bytes.count
        return .none
    }

    private mutating func forgetEarly() {
        early = []
        earlyBytes = 0
    }

    /// The items that the new bytes of `chunk` complete; what had come before is left out.
    private mutating func take(_ chunk: StreamChunk) throws(EscalationFailure) -> [AnswerItem] {
        let known = offset - chunk.offset
        guard known < UInt64(chunk.bytes.count) else { return [] }
        guard offset + UInt64(chunk.bytes.count) - known <= Limits.Escalation.maximumAnswerBytes else {
            throw EscalationFailure(.answerMalformed, "an answer has too many bytes")
        }
        offset += UInt64(chunk.bytes.count) - known
        hasProgressed = true
        attemptsWithoutProgress = 0
        return try decoder.take(known == 0 ? chunk.bytes : Array(chunk.bytes[Int(known)...]))
    }

    // MARK: Handing over

    /// The head of an answer waits for its first word, so that the question can be asked anew until then.
    private mutating func handOver(_ items: [AnswerItem], then error: EscalationFailure?) -> Action {
        for item in items {
            guard (answer == nil) == item.isOpening else {
                return fail(EscalationFailure(.answerMalformed, "an answer does not begin with its number"))
            }
            switch item {
            case .opened(let number): answer = number
            case .chosen(let choice): self.choice = choice
            case .event(let event): head.append(event)
            case .ended(let end):
                state = .over(isWhole: true)
                forgetEarly()
                return .finish(takeHead(), end)
            case .failed(let failure): return fail(failure)
            }
        }
        if let error { return fail(error) }
        guard !head.isEmpty, hasDelivered || !head.allSatisfy(\.isHead) else { return .none }
        return .deliver(takeHead())
    }

    private mutating func takeHead() -> [ChatEvent] {
        defer { head = [] }
        hasDelivered = hasDelivered || !head.isEmpty
        return head
    }

    private mutating func fail(_ failure: EscalationFailure) -> Action {
        // Words that have come are handed over; a head alone says nothing.
        let events = !hasDelivered && head.allSatisfy(\.isHead) ? [] : takeHead()
        head = []
        forgetEarly()
        var failure = failure
        failure.hasBegun = hasDelivered
        // An error that the hub has said is its last word, and is acknowledged like the end.
        state = .over(isWhole: failure.chat != nil)
        return .fail(events, failure)
    }
}

extension ChatEvent {
    /// Whether it says nothing of the answer itself.
    fileprivate var isHead: Bool {
        switch self {
        case .started, .usage: true
        default: false
        }
    }
}

extension AnswerItem {
    fileprivate var isOpening: Bool { if case .opened = self { true } else { false } }
}
