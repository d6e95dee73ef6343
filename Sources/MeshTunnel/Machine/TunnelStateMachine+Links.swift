package import MeshCore

/// What happens to attempts and links.
extension TunnelStateMachine {
    /// The attempt at `link` has failed; what is known of no attempt is let go.
    package mutating func attemptFailed(
        _ link: LinkID,
        _ error: DialError,
        now: Instant,
        _ generator: inout SeededGenerator
    ) {
        switch life {
        case .trying(let trying): guard trying.attempt.dials(link) else { return }
        case .connected(let connected): guard connected.replacement?.attempt.dials(link) == true else { return }
        case .disconnected, .failed: return
        }
        failAttempt(error, now, &generator)
    }

    /// What to do with a link that has been made.
    package enum LinkOpenedAction: Hashable, Sendable {
        /// Ask its hub.
        case probe(Probe)
        /// Nobody waits for it any more.
        case close
    }

    /// The attempt at `link` has led to an open link: the hub has said hello.
    package mutating func linkOpened(
        _ link: LinkID,
        hub: NodeID,
        isResumed: Bool,
        now: Instant
    ) -> LinkOpenedAction {
        var open = OpenLink(id: link, hub: hub, isResumed: isResumed, liveness: .quiet(until: now))
        switch life {
        case .trying(var trying) where trying.attempt.dials(link):
            let probe = ask(&open, now)
            trying.attempt.step = .proving(open)
            life = .trying(trying)
            #if PLANTED_BUGS
            if PlantedBug.openIsConnected.isOn { becomeConnected(open, now, grace: .zero) }
            #endif
            return .probe(probe)
        case .connected(var connected):
            guard connected.replacement?.attempt.dials(link) == true else { return .close }
            let probe = ask(&open, now)
            connected.replacement?.attempt.step = .proving(open)
            life = .connected(connected)
            return .probe(probe)
        case .disconnected, .trying, .failed: return .close
        }
    }

    /// What to do about an answer.
    package enum ProbeAnsweredAction: Hashable, Sendable {
        case nothing
        /// The link that has answered takes what is new; this one finishes what is under way.
        case retire(LinkID)
    }

    /// The hub has answered over `link`, and said over how long its edges shall spread their return.
    package mutating func probeAnswered(
        _ link: LinkID,
        window: Duration,
        now: Instant,
        _ generator: inout SeededGenerator
    ) -> ProbeAnsweredAction {
        switch life {
        case .trying(let trying):
            guard let open = trying.attempt.proves(link) else { return .nothing }
            pauses.heard(window: window)
            // Else a herd that had to queue once is spread over minutes when it is cut again soon.
            failures = max(0, failures - refusals)
            refusals = 0
            becomeConnected(open, now, grace: pauses.grace(after: failures, &generator))
            return .nothing
        case .connected(var connected):
            if connected.link.id == link {
                pauses.heard(window: window)
                connected.link.liveness = .quiet(until: now + configuration.probeInterval)
                life = .connected(connected)
                return .nothing
            }
            guard let open = connected.replacement?.attempt.proves(link) else { return .nothing }
            pauses.heard(window: window)
            let former = connected.link.id
            retire(former, until: connected.leavesAt ?? now + configuration.retirePatience, now)
            connected.link = open
            connected.link.liveness = .quiet(until: now + configuration.probeInterval)
            connected.leavesAt = nil
            connected.replacement = nil
            life = .connected(connected)
            doublings = 0
            return .retire(former)
        case .disconnected, .failed: return .nothing
        }
    }

    /// An answer of the hub's actors to somebody else has come over `link`: as good as one to a probe.
    package mutating func heard(over link: LinkID, now: Instant) {
        guard case .connected(var connected) = life, connected.link.id == link else { return }
        connected.link.liveness = .quiet(until: now + configuration.probeInterval)
        life = .connected(connected)
    }

    /// What to do about a question that led to nothing.
    package enum ProbeMissedAction: Hashable, Sendable {
        case nothing
        /// The hub is as good as dead.
        case close(LinkID)
    }

    /// A question over `link` has failed: before its deadline it is put again, for a hub that is busy is not dead.
    package mutating func probeMissed(
        _ link: LinkID,
        now: Instant,
        _ generator: inout SeededGenerator
    ) -> ProbeMissedAction {
        guard var open = watched(link), case .asked(let deadline) = open.liveness else { return .nothing }
        guard deadline <= now else {
            open.liveness = .asksAgain(at: now + configuration.probeRetryPause, deadline: deadline)
            replaceWatched(open)
            return .nothing
        }
        lose(link, "the hub's actors did not answer", now, &generator)
        return .close(link)
    }

    /// What to do about a farewell.
    package enum LinkLeavingAction: Hashable, Sendable {
        case nothing
        /// It had not answered yet, and need not.
        case close(LinkID)
    }

    /// The hub at the other end of `link` goes soon: another link is made before this one is given up.
    package mutating func linkLeaving(
        _ link: LinkID,
        _ farewell: HubFarewell,
        now: Instant,
        _ generator: inout SeededGenerator
    ) -> LinkLeavingAction {
        guard watched(link) != nil else { return .nothing }
        pauses.heard(window: farewell.window)
        guard case .connected(var connected) = life, connected.link.id == link else {
            failAttempt(DialError(.unreachable, "the hub leaves"), now, &generator)
            return .close(link)
        }
        guard connected.leavesAt == nil else { return .nothing }
        let patience = max(.zero, min(farewell.patience, Limits.Tunnel.longestPatience))
        connected.leavesAt = now + patience
        if connected.replacement == nil {
            let pause = pauses.pause(before: farewell, &generator)
            let attempt = Attempt(goal: .nextCandidate, step: .paused(until: now + pause))
            connected.replacement = Replacement(isRenewal: false, failures: 0, attempt: attempt)
        }
        connected.replacement?.attempt.goal = .nextCandidate
        life = .connected(connected)
        return .nothing
    }

    /// `link` is over, and `words` say why.
    package mutating func linkEnded(
        _ link: LinkID,
        _ words: String,
        now: Instant,
        _ generator: inout SeededGenerator
    ) {
        retiring.removeAll { $0.link == link }
        #if PLANTED_BUGS
        if PlantedBug.staleEndIsCurrent.isOn, let current = currentLink {
            lose(current, words, now, &generator)
            return
        }
        #endif
        guard watched(link) != nil else { return }
        lose(link, words, now, &generator)
    }

    /// What to do about other addresses.
    package enum AddressesChangedAction: Hashable, Sendable {
        case nothing
        /// Go on from another address with all links, and ask over this one.
        case migrate(Probe)
        case dial(Dial)
    }

    /// The machine's own addresses have changed: what waits for the network need wait no longer.
    package mutating func addressesChanged(now: Instant) -> AddressesChangedAction {
        switch life {
        case .connected(var connected):
            let probe = ask(&connected.link, now)
            life = .connected(connected)
            return .migrate(probe)
        case .trying(var trying):
            switch trying.attempt.step {
            case .proving(var open):
                let probe = ask(&open, now)
                trying.attempt.step = .proving(open)
                life = .trying(trying)
                return .migrate(probe)
            case .dialling(let former, let since, _):
                // Addresses that change all the time must not keep every attempt from its end.
                guard since + Limits.Tunnel.shortestDial <= now else { return .nothing }
                let dial = beginDial(&trying.attempt, now, insteadOf: former)
                life = .trying(trying)
                return .dial(dial)
            case .paused:
                let dial = beginDial(&trying.attempt, now)
                life = .trying(trying)
                return .dial(dial)
            }
        case .failed(let failure):
            // What nobody believes is believed from no address; who was stopped stays so.
            guard failure.triesAt != nil, case .attemptsSpent = failure.reason else { return .nothing }
            return .dial(beginConnecting(now))
        case .disconnected: return .nothing
        }
    }
}

extension TunnelStateMachine {
    /// The current link or the one that must yet prove itself, if `link` is one of them.
    private func watched(_ link: LinkID) -> OpenLink? {
        switch life {
        case .trying(let trying): trying.attempt.proves(link)
        case .connected(let connected):
            connected.link.id == link ? connected.link : connected.replacement?.attempt.proves(link)
        case .disconnected, .failed: nil
        }
    }

    private mutating func replaceWatched(_ open: OpenLink) {
        switch life {
        case .trying(var trying):
            trying.attempt.step = .proving(open)
            life = .trying(trying)
        case .connected(var connected):
            if connected.link.id == open.id {
                connected.link = open
            } else {
                connected.replacement?.attempt.step = .proving(open)
            }
            life = .connected(connected)
        case .disconnected, .failed: break
        }
    }

    private mutating func becomeConnected(_ open: OpenLink, _ now: Instant, grace: Duration) {
        var open = open
        open.liveness = .quiet(until: now + configuration.probeInterval)
        doublings = 0
        life = .connected(
            Connected(link: open, since: now, wellAt: now + grace, leavesAt: nil, replacement: nil)
        )
    }

    private mutating func retire(_ link: LinkID, until closesAt: Instant, _ now: Instant) {
        retiring.append(Retiring(link: link, closesAt: closesAt))
        let surplus = retiring.count - Limits.Tunnel.maximumRetiring
        for index in 0..<max(0, surplus) { retiring[index].closesAt = now }
    }

    /// A link that was open is there no more: the current one, or one that had to prove itself.
    mutating func lose(_ link: LinkID, _ words: String, _ now: Instant, _ generator: inout SeededGenerator) {
        guard case .connected(let connected) = life, connected.link.id == link else {
            failAttempt(DialError(.unreachable, words), now, &generator)
            return
        }
        lastError = words
        // One that did not last counts like a vain attempt, but at least one attempt follows a loss.
        if connected.wellAt != nil { failures = min(failures + 1, configuration.attemptLimit - 1) }
        var attempt: Attempt
        if let replacement = connected.replacement {
            attempt = replacement.attempt
            attempt.goal = .nextCandidate
        } else {
            let pause = pauses.pauseAfterLoss(failures: failures, &generator)
            attempt = Attempt(goal: .nextCandidate, step: .paused(until: now + pause))
        }
        life = .trying(Trying(isReconnecting: true, attempt: attempt))
    }

    /// The attempt under way is over: there is another after a pause, or the tunnel fails, or stays with what it has.
    mutating func failAttempt(_ error: DialError, _ now: Instant, _ generator: inout SeededGenerator) {
        lastError = error.message
        switch life {
        case .trying(var trying):
            if let reason = Self.lastingReason(of: error) {
                fail(reason, isLasting: true, now, &generator)
                return
            }
            failures += 1
            if error.retryAfter != nil { refusals += 1 }
            guard failures < configuration.attemptLimit else {
                fail(.attemptsSpent(error.message), isLasting: false, now, &generator)
                return
            }
            let pause = pauses.pause(after: error, failures: failures, &generator)
            trying.attempt = Attempt(goal: .nextCandidate, step: .paused(until: now + pause))
            life = .trying(trying)
        case .connected(var connected):
            guard var replacement = connected.replacement else { return }
            replacement.failures += 1
            let isSpent = replacement.failures >= configuration.attemptLimit || Self.lastingReason(of: error) != nil
            // The hub that leaves is left in the end; a renewal that does not succeed leaves things as they are.
            if replacement.isRenewal, isSpent { replacement.isRenewal = false }
            guard replacement.isRenewal || connected.leavesAt != nil else {
                connected.replacement = nil
                life = .connected(connected)
                return
            }
            let pause = pauses.pause(after: error, failures: replacement.failures, &generator)
            replacement.attempt.step = .paused(until: now + pause)
            connected.replacement = replacement
            life = .connected(connected)
        case .disconnected, .failed: break
        }
    }

    private mutating func fail(
        _ reason: FailureReason,
        isLasting: Bool,
        _ now: Instant,
        _ generator: inout SeededGenerator
    ) {
        var triesAt: Instant?
        if configuration.hasSlowLane, reason != .stopped {
            triesAt = now + pauses.slowLane(doublings: isLasting ? doublings : 0, &generator)
            // More doublings than bits in a number make no difference.
            if isLasting { doublings = min(doublings + 1, 63) }
        }
        life = .failed(TunnelState.Failure(reason: reason, triesAt: triesAt))
    }

    /// What will be the same again until somebody acts.
    private static func lastingReason(of error: DialError) -> FailureReason? {
        switch error.code {
        case .unreachable, .refused: nil
        case .notAuthenticated: .notAuthenticated(error.message)
        case .incompatible: .incompatible(error.message)
        case .credentialsUnusable: .credentialsUnusable(error.message)
        case .stopping: .stopped
        }
    }
}
