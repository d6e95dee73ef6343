package import MeshCore

/// Life of one connection that a client made.
///
///     handshaking ──▶ idle ──requestBegan──▶ readingHead ──headRead──▶ handling ──answerEnded──▶ idle
///                      ▲                        │ refused, too slow     │    │ the body is not over
///                      └────requestEnded────────┼── draining ◀──────────┼────┘
///                                               ▼                       ▼ last answer     upgradeAccepted
///                                            flushing ◀─────────────────┴──────────────▶ upgraded
///                                               │ outputEmptied                               │
///                                               ▼                                             ▼
///                                            lingering ──peerEnded, deadlineReached──▶ closed ◀┘
///
/// Pure. One request at a time: bytes behind one stay with the driver until `readNext`. Who leaves while a handler runs
/// is gone, and so is who ends only its own direction: nothing tells them apart until an answer is written.
package struct ConnectionStateMachine: ~Copyable {
    enum State {
        case handshaking(deadline: Instant)
        case idle(deadline: Instant)
        case readingHead(deadline: Instant)
        case handling(Exchange)
        case draining(deadline: Instant, left: UInt64)
        case flushing
        case lingering(deadline: Instant, left: UInt64)
        case upgraded
        case closed
    }

    /// One request and its answer.
    struct Exchange {
        var isBodyOver: Bool
        var keepsAlive: Bool
        var owesContinue: Bool
        var isAnswering = false
        var received: UInt64 = 0
        /// Since when a handler waits for the body, and how long it did before.
        var waitingSince: Instant?
        var waited = Duration.zero

        func bodyDeadline(_ timeouts: ConnectionTimeouts) -> Instant? {
            guard let waitingSince else { return nil }
            return waitingSince + min(timeouts.bodyStall, timeouts.allowance(bytes: received) - waited)
        }

        mutating func stopWaiting(now: Instant) {
            guard let since = waitingSince else { return }
            waited += now - since
            waitingSince = nil
        }
    }

    /// What the client has not taken yet.
    struct Backlog {
        /// Since when something has waited without a break, and how much was taken since.
        let since: Instant
        var taken: UInt64 = 0
        /// When it has waited too long.
        var deadline: Instant
    }

    var state: State
    let timeouts: ConnectionTimeouts
    /// Bytes that wait to be taken; nil where none do.
    var backlog: Backlog?
    var hasPeerEnded = false
    var isStopping = false

    /// The machine of a connection that was made now.
    package init(isSecure: Bool, timeouts: ConnectionTimeouts, now: Instant) {
        state = isSecure ? .handshaking(deadline: now + timeouts.handshake) : .idle(deadline: now + timeouts.head)
        self.timeouts = timeouts
    }

    /// Where the connection stands.
    package enum Phase: Hashable, Sendable, CaseIterable {
        case handshaking, idle, readingHead, handling, draining, flushing, lingering, upgraded, closed
    }

    /// Where the connection stands.
    package var phase: Phase {
        switch state {
        case .handshaking: .handshaking
        case .idle: .idle
        case .readingHead: .readingHead
        case .handling: .handling
        case .draining: .draining
        case .flushing: .flushing
        case .lingering: .lingering
        case .upgraded: .upgraded
        case .closed: .closed
        }
    }

    /// The machine's only timer.
    package var nextDeadline: Instant? {
        let deadline: Instant? =
            switch state {
            case .handshaking(let deadline), .idle(let deadline), .readingHead(let deadline): deadline
            case .draining(let deadline, _), .lingering(let deadline, _): deadline
            case .handling(let exchange): exchange.bodyDeadline(timeouts)
            case .flushing, .upgraded, .closed: nil
            }
        guard let backlog else { return deadline }
        return deadline.map { min($0, backlog.deadline) } ?? backlog.deadline
    }
}

// MARK: - A request comes

extension ConnectionStateMachine {
    /// The TLS handshake is over.
    package mutating func handshakeCompleted(now: Instant) {
        guard case .handshaking = state else { return }
        state = .idle(deadline: now + timeouts.head)
    }

    /// What to do with the first bytes of a request.
    package enum RequestBeganAction: Hashable, Sendable {
        /// Parse them.
        case parse
        /// Throw them away.
        case ignore
    }

    /// The first bytes of a request have come.
    package mutating func requestBegan(now: Instant) -> RequestBeganAction {
        guard case .idle = state else { return .ignore }
        state = .readingHead(deadline: now + timeouts.head)
        return .parse
    }

    /// What to do with a head.
    package enum HeadReadAction: Hashable, Sendable {
        /// Hand it to the handler.
        case handle
        /// The connection is closing.
        case ignore
    }

    /// A head has been read and is in order.
    package mutating func headRead(hasBody: Bool, keepsAlive: Bool, expectsContinue: Bool) -> HeadReadAction {
        guard case .readingHead = state else { return .ignore }
        state = .handling(
            Exchange(
                isBodyOver: !hasBody,
                keepsAlive: keepsAlive && !isStopping,
                owesContinue: expectsContinue && hasBody
            )
        )
        return .handle
    }

    /// What to do with bytes of a body.
    package enum BodyReadAction: Hashable, Sendable {
        /// Keep them for the handler.
        case keep
        /// Throw them away.
        case discard
        /// Throw them away; what follows is more than is read for nobody: send what is left, then end.
        case finish
    }

    /// Bytes of the body have come.
    package mutating func bodyRead(_ count: Int, now: Instant) -> BodyReadAction {
        switch state {
        case .handling(var exchange):
            exchange.received += UInt64(count)
            exchange.owesContinue = false
            exchange.stopWaiting(now: now)
            state = .handling(exchange)
            return .keep
        case .draining(let deadline, let left):
            guard left >= UInt64(count) else {
                state = .flushing
                return .finish
            }
            state = .draining(deadline: deadline, left: left - UInt64(count))
            return .discard
        default: return .discard
        }
    }

    /// What to do at the end of a request.
    package enum RequestEndedAction: Hashable, Sendable {
        /// The handler goes on.
        case none
        /// It was answered before: read the next one.
        case readNext
    }

    /// The last byte of the request has come.
    package mutating func requestEnded(now: Instant) -> RequestEndedAction {
        switch state {
        case .handling(var exchange):
            exchange.isBodyOver = true
            exchange.owesContinue = false
            exchange.stopWaiting(now: now)
            state = .handling(exchange)
            return .none
        case .draining:
            state = .idle(deadline: now + timeouts.idle)
            return .readNext
        default: return .none
        }
    }

    /// What to do about bytes that break a rule.
    package enum RequestRefusedAction: Hashable, Sendable {
        /// Answer with the refusal, and end.
        case answer
        /// Fail the body: the handler answers.
        case failBody
        /// Nobody listens: send what is left, then end.
        case finish
        /// The connection is closing.
        case ignore
    }

    /// The bytes of the client break a rule, and nothing behind them can be understood.
    package mutating func requestRefused(now: Instant) -> RequestRefusedAction {
        switch state {
        case .idle, .readingHead:
            state = .flushing
            return .answer
        case .handling(var exchange):
            exchange.isBodyOver = true
            exchange.owesContinue = false
            exchange.keepsAlive = false
            exchange.stopWaiting(now: now)
            state = .handling(exchange)
            return .failBody
        case .draining:
            state = .flushing
            return .finish
        case .handshaking, .flushing, .lingering, .upgraded, .closed: return .ignore
        }
    }

    /// What to do before a handler waits for the body.
    package enum BodyWantedAction: Hashable, Sendable {
        case none
        /// Tell the client to send it (RFC 9110 §10.1.1).
        case sendContinue
    }

    /// A handler waits for bytes of the body.
    package mutating func bodyWanted(now: Instant) -> BodyWantedAction {
        guard case .handling(var exchange) = state, !exchange.isBodyOver else { return .none }
        let owesContinue = exchange.owesContinue && !exchange.isAnswering
        exchange.owesContinue = exchange.owesContinue && exchange.isAnswering
        if exchange.waitingSince == nil { exchange.waitingSince = now }
        state = .handling(exchange)
        return owesContinue ? .sendContinue : .none
    }

    /// The handler waits no longer, although nothing came.
    package mutating func bodyWaitAbandoned(now: Instant) {
        guard case .handling(var exchange) = state else { return }
        exchange.stopWaiting(now: now)
        state = .handling(exchange)
    }
}

// MARK: - An answer goes

extension ConnectionStateMachine {
    /// How an answer goes out.
    package enum AnswerKind: Hashable, Sendable {
        /// All at once: nobody reads the body any more, of which so much may still come; nil where that is unknown.
        case whole(bodyLeft: UInt64?)
        /// Piece by piece, of a length that the client is told.
        case streamed
        /// Piece by piece until the connection ends.
        case untilClose
    }

    /// How to begin an answer.
    package enum AnswerBeganAction: Hashable, Sendable {
        /// The connection is kept behind it.
        case keepAlive
        /// Say that the connection ends behind it.
        case close
        /// The client has left.
        case ignore
    }

    /// The handler has an answer.
    package mutating func answerBegan(_ kind: AnswerKind) -> AnswerBeganAction {
        guard case .handling(var exchange) = state, !exchange.isAnswering else { return .ignore }
        exchange.isAnswering = true
        exchange.keepsAlive = exchange.keepsAlive && !isStopping
        switch kind {
        case .whole(let left) where !exchange.isBodyOver:
            let isWorthReading = left.map { $0 <= Limits.HTTPServer.maximumDrainedBytes } ?? false
            exchange.keepsAlive = exchange.keepsAlive && isWorthReading && !exchange.owesContinue
        case .untilClose: exchange.keepsAlive = false
        case .whole, .streamed: break
        }
        state = .handling(exchange)
        return exchange.keepsAlive ? .keepAlive : .close
    }

    /// What to do behind an answer.
    package enum AnswerEndedAction: Hashable, Sendable {
        /// Read the next request.
        case readNext
        /// Throw the rest of the request away.
        case drain
        /// Send what is left, then end.
        case finish
        /// The connection is closing.
        case ignore
    }

    /// The last byte of the answer was handed over.
    package mutating func answerEnded(now: Instant) -> AnswerEndedAction {
        guard case .handling(let exchange) = state else { return .ignore }
        guard exchange.keepsAlive, !isStopping, exchange.isBodyOver || !exchange.owesContinue else {
            state = .flushing
            return .finish
        }
        guard exchange.isBodyOver else {
            state = .draining(deadline: now + timeouts.drain, left: Limits.HTTPServer.maximumDrainedBytes)
            return .drain
        }
        state = .idle(deadline: now + timeouts.idle)
        return .readNext
    }

    /// What to do about an answer that breaks off in the middle, or a handler's task that ended without one.
    package enum AnswerBrokenAction: Hashable, Sendable {
        /// End without a goodbye, so that the client does not take what it has for all.
        case abort
        /// The connection is closing.
        case ignore
    }

    /// The rest of the answer will never come.
    package mutating func answerBroken() -> AnswerBrokenAction {
        switch state {
        case .handling, .upgraded:
            close()
            return .abort
        default: return .ignore
        }
    }

    /// Whether to speak another protocol.
    package enum UpgradeAction: Hashable, Sendable {
        /// Say 101, and hand all bytes to it.
        case upgrade
        /// The client has left or has sent a body, which leaves no place to begin, or the server stops.
        case ignore
    }

    /// The handler has accepted another protocol.
    package mutating func upgradeAccepted() -> UpgradeAction {
        guard case .handling(let exchange) = state, exchange.isBodyOver, !exchange.isAnswering, !isStopping else {
            return .ignore
        }
        state = .upgraded
        return .upgrade
    }

    /// The other protocol is over: send what is left, then end.
    package mutating func upgradeEnded() {
        guard case .upgraded = state else { return }
        state = .flushing
    }
}

// MARK: - Bytes leave

extension ConnectionStateMachine {
    /// Bytes wait for the client to take them.
    package mutating func outputBlocked(now: Instant) {
        if backlog == nil { backlog = Backlog(since: now, deadline: now + timeouts.writeStall) }
    }

    /// The client has taken so many, and others still wait.
    ///
    /// Who takes a little now and then does not hold the rest for ever: it is to take as much as a body is to bring.
    package mutating func outputMoved(_ count: Int, now: Instant) {
        var moved = backlog ?? Backlog(since: now, deadline: now)
        moved.taken += UInt64(count)
        moved.deadline = min(now + timeouts.writeStall, moved.since + timeouts.allowance(bytes: moved.taken))
        backlog = moved
    }

    /// What to do once nothing waits to be sent.
    package enum OutputEmptiedAction: Hashable, Sendable {
        /// More will come.
        case none
        /// That was the last: end our direction, and throw away what still comes.
        case linger
        /// That was the last, and the client has ended already.
        case close
    }

    /// Nothing waits to be sent.
    package mutating func outputEmptied(now: Instant) -> OutputEmptiedAction {
        backlog = nil
        guard case .flushing = state else { return .none }
        guard !hasPeerEnded else {
            close()
            return .close
        }
        state = .lingering(deadline: now + timeouts.linger, left: Limits.HTTPServer.maximumLingeringBytes)
        return .linger
    }
}
