package import MeshCore

/// The machine's one timer.
extension TunnelStateMachine {
    /// When ``deadlineReached(now:_:)`` must be called; nil where only an event or a command leads on.
    package var nextDeadline: Instant? {
        var deadlines = retiring.map(\.closesAt)
        switch life {
        case .disconnected: break
        case .trying(let trying): deadlines.append(Self.deadline(of: trying.attempt))
        case .connected(let connected):
            deadlines.append(connected.link.liveness.nextDeadline)
            if let wellAt = connected.wellAt { deadlines.append(wellAt) }
            if let replacement = connected.replacement { deadlines.append(Self.deadline(of: replacement.attempt)) }
        case .failed(let failure):
            if let triesAt = failure.triesAt { deadlines.append(triesAt) }
        }
        return deadlines.min()
    }

    /// What to do when the time has come; one thing at a time, so ask again while ``nextDeadline`` is not ahead.
    package enum DeadlineReachedAction: Hashable, Sendable {
        case nothing
        case dial(Dial)
        case probe(Probe)
        /// Close a link that is open.
        case close(LinkID)
        /// Cancel an attempt that takes too long.
        case giveUp(LinkID)
    }

    /// The clock has come to `now`.
    package mutating func deadlineReached(
        now: Instant,
        _ generator: inout SeededGenerator
    ) -> DeadlineReachedAction {
        if let index = retiring.firstIndex(where: { $0.closesAt <= now }) {
            return .close(retiring.remove(at: index).link)
        }
        switch life {
        case .trying(var trying):
            let action = advance(&trying.attempt, now)
            switch action {
            case .nothing: return .nothing
            case .dial, .probe: life = .trying(trying)
            case .close, .giveUp: failAttempt(Self.error(behind: action), now, &generator)
            }
            return action
        case .connected(let connected): return deadlineReached(connected, now, &generator)
        case .failed(let failure):
            guard let triesAt = failure.triesAt, triesAt <= now else { return .nothing }
            return .dial(beginConnecting(now))
        case .disconnected: return .nothing
        }
    }

    private mutating func deadlineReached(
        _ connected: Connected,
        _ now: Instant,
        _ generator: inout SeededGenerator
    ) -> DeadlineReachedAction {
        var connected = connected
        if let wellAt = connected.wellAt, wellAt <= now {
            connected.wellAt = nil
            life = .connected(connected)
            failures = 0
        }
        switch advance(&connected.link, now) {
        case .close(let link):
            lose(link, Self.error(behind: .close(link)).message, now, &generator)
            return .close(link)
        case .probe(let probe):
            life = .connected(connected)
            return .probe(probe)
        case .nothing, .dial, .giveUp: break
        }
        guard var replacement = connected.replacement else { return .nothing }
        let action = advance(&replacement.attempt, now)
        switch action {
        case .nothing: break
        case .dial, .probe:
            connected.replacement = replacement
            life = .connected(connected)
        case .close, .giveUp: failAttempt(Self.error(behind: action), now, &generator)
        }
        return action
    }

    private mutating func advance(_ attempt: inout Attempt, _ now: Instant) -> DeadlineReachedAction {
        switch attempt.step {
        case .paused(let until): return until <= now ? .dial(beginDial(&attempt, now)) : .nothing
        case .dialling(let link, _, let deadline): return deadline <= now ? .giveUp(link) : .nothing
        case .proving(var open):
            let action = advance(&open, now)
            attempt.step = .proving(open)
            return action
        }
    }

    private func advance(_ open: inout OpenLink, _ now: Instant) -> DeadlineReachedAction {
        switch open.liveness {
        case .quiet(let until): return until <= now ? .probe(ask(&open, now)) : .nothing
        case .asked(let deadline): return deadline <= now ? .close(open.id) : .nothing
        case .asksAgain(let at, let deadline):
            guard now < deadline else { return .close(open.id) }
            guard at <= now else { return .nothing }
            // The deadline stays: a hub that fails at once again and again does not live longer for it.
            open.liveness = .asked(deadline: deadline)
            return .probe(Probe(link: open.id, deadline: deadline))
        }
    }

    private static func error(behind action: DeadlineReachedAction) -> DialError {
        switch action {
        case .giveUp: DialError(.unreachable, "nobody said hello in time")
        case .close: DialError(.unreachable, "the hub's actors did not answer")
        case .nothing, .dial, .probe: DialError(.unreachable, "nothing happened")
        }
    }

    private static func deadline(of attempt: Attempt) -> Instant {
        switch attempt.step {
        case .paused(let until): until
        case .dialling(_, _, let deadline): deadline
        case .proving(let open): open.liveness.nextDeadline
        }
    }
}
