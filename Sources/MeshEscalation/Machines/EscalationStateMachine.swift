package import MeshChat
package import MeshCore
package import MeshWire

/// How what a run has used is settled.
package enum RunSettlement: Hashable, Sendable {
    /// Nothing was used: all that was set aside goes back.
    case void
    /// This was used, and so the run ended.
    case book(AdmissionOutcome.End, ChatUsage)
}

/// Where a run is on the hub, for whoever shows it.
package enum RunPhase: String, Hashable, Sendable, CaseIterable {
    /// Its worst case is being set aside.
    case reserving
    /// The same, and nobody wants it any more.
    case forsaken
    /// A model answers.
    case running
    /// What it has used is being settled.
    case settling
    /// Its answer waits for the edge.
    case ended
    /// It can be forgotten.
    case over
}

/// A question on the hub, from its arrival to the last byte of its answer that an edge has acknowledged.
///
///     reserving ──reserved──▶ running ──answer ends, fails, is cancelled──▶ settling ──settled──▶ ended ──▶ over
///        │  │                    │                                             ▲                   ▲
///        │  └─nobody wants it─▶ forsaken ──reserved──────────(void)────────────┘                   │
///        └──────────────────────── refused ────────────────────────────────────────────────────────┘
///
/// Beside it: a stream to the edge, or none. What is said is kept until the edge has acknowledged it; when a stream is
/// cut the answer goes on, up to the bound of the window, and the next stream begins where the edge is.
///
/// A run that has been reserved is settled once, whatever happens: ``Action/settle(_:)`` is asked for at the one step
/// into `settling`. The end is said after it is settled, so that no answer is whole that nobody has booked.
package struct EscalationStateMachine: ~Copyable {
    private enum State {
        case reserving
        case forsaken(EscalationFailure)
        case running
        case settling(AnswerItem, until: Instant)
        case ended
        case over
    }

    private struct Stream {
        let number: UInt64
        var sent: UInt64
        var hasSaidEnd = false
    }

    private let configuration: EscalationConfiguration
    private let question: SHA256Digest
    private let answer: UInt64
    private let deadline: Instant
    private let promptTokens: Int
    private var state = State.reserving
    private var window = AnswerWindow()
    private var stream: Stream?
    private var lastContact: Instant
    private var usage: ChatUsage?
    private var wordBytes = 0
    private var hasStarted = false

    /// A run whose question has the digest `question` and about `promptTokens`, begun at `now`: its driver reserves.
    ///
    /// `answer` is a number that is drawn for it, and that no other answer to this run has; `timeLeft` is what the edge
    /// says, and there is a deadline in any case.
    package init(
        question: SHA256Digest,
        answer: UInt64,
        promptTokens: Int,
        timeLeft: Duration?,
        configuration: EscalationConfiguration = EscalationConfiguration(),
        now: Instant
    ) {
        self.configuration = configuration
        self.question = question
        self.answer = answer
        self.promptTokens = promptTokens
        deadline = now + min(timeLeft ?? configuration.patience, Limits.Escalation.longestPatience)
        lastContact = now
        window.append(AnswerItem.opened(answer).streamBytes)
    }

    /// What the driver must do.
    package enum Action: Hashable, Sendable {
        /// Nothing but to say what there is to say: ``nextOutput()``.
        case none
        /// Begin the answer and hand its events over while ``wantsEvents``.
        case ask
        /// Stop the answer if it runs, and settle; then call ``settled(usage:cost:charge:now:)``. Asked for once.
        case settle(RunSettlement)
        /// Forget the run.
        case release
    }

    // MARK: The run

    /// What the worst case may cost has been set aside, and this is who answers, where that is told.
    package mutating func reserved(_ choice: AnswerChoice? = nil, now: Instant) -> Action {
        switch state {
        case .reserving:
            state = .running
            if let choice { window.append(AnswerItem.chosen(choice).streamBytes) }
            return .ask
        case .forsaken(let failure): return settle(.void, saying: .failed(failure), now)
        case .running, .settling, .ended, .over: return .none
        }
    }

    /// It was not set aside, and nothing has to be settled.
    package mutating func refused(_ failure: EscalationFailure, now: Instant) -> Action {
        switch state {
        case .reserving: end(saying: .failed(failure), now)
        case .forsaken(let earlier): end(saying: .failed(earlier), now)
        case .running, .settling, .ended, .over: break
        }
        return .none
    }

    /// Whether the driver shall pull the next event.
    ///
    /// Not while as much is kept as may be, nor while there is a stream that has enough to say; without a stream the
    /// answer goes on for as long as there is room.
    package var wantsEvents: Bool {
        guard case .running = state, window.count < configuration.windowBytes else { return false }
        return stream.map { window.end - $0.sent < Limits.Escalation.aheadBytes } ?? true
    }

    /// The answer goes on, or ends.
    package mutating func eventArrived(_ event: ChatEvent, now: Instant) -> Action {
        guard case .running = state else { return .none }
        hasStarted = true
        switch event {
        case .ended(let reason):
            // What nobody counted is estimated, so that no answer is free.
            let usage = self.usage ?? estimate
            return settle(.book(.complete, usage), saying: .ended(AnswerEnd(reason: reason, usage: usage)), now)
        case .usage(let usage): self.usage = usage
        case .text(let text), .thinking(let text), .toolUseArguments(let text): wordBytes += text.utf8.count
        case .started, .thinkingSigned, .thinkingSealed, .toolUseStarted, .toolUseEnded: break
        }
        for item in AnswerItem.items(for: event) {
            let bytes = item.streamBytes
            guard bytes.count <= Limits.Escalation.maximumItemBytes,
                window.end + UInt64(bytes.count) <= Limits.Escalation.maximumAnswerBytes
            else {
                let failure = EscalationFailure(.refused, "the answer has too many bytes", chat: .tooLarge)
                return settle(settlement(of: .brokenOff), saying: .failed(failure), now)
            }
            window.append(bytes)
        }
        return .none
    }

    /// The answer broke off, or never began.
    package mutating func answerFailed(_ failure: EscalationFailure, now: Instant) -> Action {
        guard case .running = state else { return .none }
        return settle(settlement(of: .brokenOff), saying: .failed(failure), now)
    }

    /// Nobody wants the answer any more: the edge says so, or the hub stops.
    package mutating func cancelled(_ failure: EscalationFailure = .left, now: Instant) -> Action {
        switch state {
        case .reserving:
            state = .forsaken(failure)
            return .none
        case .running: return settle(settlement(of: .clientLeft), saying: .failed(failure), now)
        case .forsaken, .settling: return .none
        case .ended:
            state = .over
            return .release
        case .over: return .none
        }
    }

    /// What was used has been settled: as `usage`, where whoever settles counts by itself, for `cost`, and out of what
    /// `charge` says.
    package mutating func settled(
        usage: ChatUsage? = nil,
        cost: Money?,
        charge: CallCharge? = nil,
        now: Instant
    ) -> Action {
        guard case .settling(let item, _) = state else { return .none }
        if case .ended(var end) = item {
            end.usage = usage ?? end.usage
            end.cost = cost
            end.charge = charge
            self.end(saying: .ended(end), now)
        } else {
            end(saying: item, now)
        }
        return .none
    }

    // MARK: Time

    /// The machine's only timer.
    package var nextDeadline: Instant? {
        let orphaned = stream == nil ? lastContact + configuration.orphanPatience : nil
        return switch state {
        case .reserving, .running: orphaned.map { min($0, deadline) } ?? deadline
        case .forsaken, .over: nil
        case .settling(_, let until): until
        case .ended: lastContact + configuration.keptPatience
        }
    }

    /// The clock has come to `now`.
    package mutating func deadlineReached(now: Instant) -> Action {
        guard let next = nextDeadline, next <= now else { return .none }
        let isLate = deadline <= now
        let failure = isLate ? EscalationFailure(.timedOut, "the answer took too long", chat: .timedOut) : .left
        switch state {
        case .reserving:
            state = .forsaken(failure)
            return .none
        case .running:
            return settle(settlement(of: isLate ? .brokenOff : .clientLeft), saying: .failed(failure), now)
        case .settling(let item, _):
            end(saying: item, now)
            return .none
        case .ended:
            state = .over
            return .release
        case .forsaken, .over: return .none
        }
    }

    // MARK: The stream

    /// What becomes of a stream that an edge has opened for the run.
    package enum AttachAction: Hashable, Sendable {
        /// Say on it what there is to say; the stream before it, if there is one, is to be let go of.
        case begin(instead: UInt64?)
        /// Refuse it.
        case refuse(PeerErrorCode)
    }

    /// An edge that has the first `offset` bytes of `answer` wants the rest on the stream `number`: the newest counts.
    ///
    /// Where it asks, `question` is the digest of what it asks.
    package mutating func attached(
        _ number: UInt64,
        offset: UInt64,
        answer: UInt64?,
        question: SHA256Digest?,
        now: Instant
    ) -> AttachAction {
        if case .over = state { return .refuse(.notFound) }
        guard question == nil || question == self.question else { return .refuse(.conflict) }
        #if PLANTED_BUGS
        let isSameAnswer = answer == self.answer || PlantedBug.goOnWithAnother.isOn
        #else
        let isSameAnswer = answer == self.answer
        #endif
        guard (window.start...window.end).contains(offset), offset == 0 || isSameAnswer else {
            return .refuse(.offsetRefused)
        }
        let former = stream?.number
        stream = Stream(number: number, sent: offset)
        lastContact = now
        return .begin(instead: former)
    }

    /// The stream `number` has ended, whatever the reason; the run goes on.
    package mutating func streamOver(_ number: UInt64, now: Instant) {
        guard stream?.number == number else { return }
        stream = nil
        lastContact = now
    }

    /// The edge says on the stream `number` that it has the first `offset` bytes for good.
    package mutating func acknowledged(_ number: UInt64, offset: UInt64, now: Instant) -> Action {
        guard let stream, stream.number == number, offset >= window.start, offset <= stream.sent else { return .none }
        window.drop(before: offset)
        lastContact = now
        guard case .ended = state, window.count == 0 else { return .none }
        state = .over
        return .release
    }

    /// Something to be said on the newest stream.
    package enum Output: Hashable, Sendable {
        /// A piece of the answer.
        case chunk(StreamChunk)
        /// The answer has been said, and this is how long it is.
        case end(StreamEnd)
    }

    /// What is to be said next on the newest stream; nil where there is nothing, or no stream.
    package mutating func nextOutput() -> Output? {
        guard var stream, !stream.hasSaidEnd else { return nil }
        defer { self.stream = stream }
        if let chunk = window.chunk(from: stream.sent, maximum: Limits.Escalation.chunkBytes) {
            stream.sent += UInt64(chunk.bytes.count)
            return .chunk(chunk)
        }
        guard case .ended = state else { return nil }
        stream.hasSaidEnd = true
        return .end(StreamEnd(length: window.end))
    }

    /// Bytes that are kept for the edge.
    package var keptBytes: Int { window.count }

    /// Where the run is.
    package var phase: RunPhase {
        switch state {
        case .reserving: .reserving
        case .forsaken: .forsaken
        case .running: .running
        case .settling: .settling
        case .ended: .ended
        case .over: .over
        }
    }

    // MARK: The one step to a settlement

    private mutating func settle(_ settlement: RunSettlement, saying item: AnswerItem, _ now: Instant) -> Action {
        state = .settling(item, until: now + configuration.settlePatience)
        return .settle(settlement)
    }

    private mutating func end(saying item: AnswerItem, _ now: Instant) {
        window.append(item.streamBytes)
        lastContact = now
        state = .ended
    }

    /// What an answer that is not whole has used: what was counted, and no less than was said; nothing where it had
    /// not begun.
    private func settlement(of end: AdmissionOutcome.End) -> RunSettlement {
        guard hasStarted else { return .void }
        guard var usage else { return .book(end, estimate) }
        let said = TokenEstimate.likely(ofBytes: wordBytes)
        if usage.outputTokens < said {
            usage.outputTokens = said
            usage.isEstimated = true
        }
        return .book(end, usage)
    }

    private var estimate: ChatUsage {
        ChatUsage(
            inputTokens: promptTokens,
            outputTokens: TokenEstimate.likely(ofBytes: wordBytes),
            isEstimated: true
        )
    }
}

extension EscalationFailure {
    /// Whoever asked has left.
    package static let left = EscalationFailure(.cancelled, "whoever asked has left", chat: .cancelled)
}

/// How long a hub waits for what, and how much it keeps.
package struct EscalationConfiguration: Hashable, Sendable {
    /// For a whole answer, where the edge does not say.
    package var patience = Limits.Escalation.patience

    /// For an edge that has gone, while its answer goes on.
    package var orphanPatience = Limits.Escalation.orphanPatience

    /// For an edge that has gone, once its answer has ended.
    package var keptPatience = Limits.Escalation.keptPatience

    /// For the settlement.
    package var settlePatience = Limits.Escalation.settlePatience

    /// Bytes that are kept; beyond them the engine is not read.
    package var windowBytes = Limits.Escalation.windowBytes

    /// The defaults.
    package init() {}
}
