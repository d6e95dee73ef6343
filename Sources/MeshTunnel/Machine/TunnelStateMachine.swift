package import MeshCore

/// The life of one tunnel: which link to make when, when to ask a hub whether it lives, what to give up.
///
///     disconnected ──start──▶ connecting ──probeAnswered──▶ connected ──linkEnded, unanswered──▶ reconnecting
///                               │    ▲                          │  ▲                                │   │
///                  stop, spent, │    │ start, slow lane      stop  └────────probeAnswered───────────┘   │
///                  no use       ▼    │                          ▼                    stop, spent, no use│
///                              failed ◀──────────────────── disconnected       failed ◀─────────────────┘
///
/// An attempt is paused, then dials, then proves that the hub's actors answer. While connected there may be one beside
/// the current link: because the hub leaves, or because the link shall be renewed. Only what has answered replaces it.
///
/// Pure. A link is known by the number that it was given before it was dialled, so what belongs to a link that is given
/// up can be told from what belongs to the current one.
package struct TunnelStateMachine: ~Copyable {
    let configuration: TunnelConfiguration
    var life = Life.disconnected
    var pauses: TunnelPauses

    /// Vain attempts, and links that did not last, since the last one that did.
    var failures = 0

    /// How many of them were refused with a time to come again: that is no sign of links that do not last.
    var refusals = 0

    /// Failures since the last connection that will be the same again.
    var doublings = 0

    /// Links that finish what is under way, the oldest first, and when they are closed.
    var retiring: [Retiring] = []

    private var linkCount: UInt64 = 0

    /// Why the last attempt or link came to its end, in words.
    package internal(set) var lastError: String?

    /// A tunnel that has not been started.
    package init(_ configuration: TunnelConfiguration) {
        self.configuration = configuration
        pauses = TunnelPauses(configuration)
    }

    // MARK: What it says

    /// How the tunnel stands.
    package var state: TunnelState {
        switch life {
        case .disconnected: return .disconnected
        case .trying(let trying):
            let attempt = TunnelState.Attempt(
                number: failures + 1,
                limit: configuration.attemptLimit,
                startsAt: trying.attempt.startsAt,
                lastError: lastError
            )
            return trying.isReconnecting ? .reconnecting(attempt) : .connecting(attempt)
        case .connected(let connected):
            let connection = TunnelState.Connection(
                hub: connected.link.hub,
                link: connected.link.id,
                isResumed: connected.link.isResumed,
                since: connected.since,
                isLeaving: connected.leavesAt != nil
            )
            return .connected(connection)
        case .failed(let failure): return .failed(failure)
        }
    }

    /// The link that requests go over; nil while there is none that has answered.
    package var currentLink: LinkID? {
        findCurrentLink()
    }

    /// Not inlined: Swift 6.3.1 crashes where it optimises callers that read it from their own property.
    @inline(never) private func findCurrentLink() -> LinkID? {
        if case .connected(let connected) = life { connected.link.id } else { nil }
    }

    /// The link that is being made, from its dialling until its hub has answered.
    package var linkInMaking: LinkID? {
        switch life {
        case .trying(let trying): trying.attempt.link
        case .connected(let connected): connected.replacement?.attempt.link
        case .disconnected, .failed: nil
        }
    }

    /// Links that finish what is under way.
    package var retiringLinks: [LinkID] { retiring.map(\.link) }

    /// Whether a link to the same hub is being made because that was asked for.
    package var isRenewing: Bool {
        if case .connected(let connected) = life { connected.replacement?.isRenewal ?? false } else { false }
    }

    // MARK: Commands

    /// Where an attempt goes.
    package enum Goal: Hashable, Sendable {
        /// To the next candidate.
        case nextCandidate
        /// To where the current link leads.
        case sameHub
    }

    /// One attempt at a link; ends with ``linkOpened(_:hub:isResumed:now:)`` or with an error.
    package struct Dial: Hashable, Sendable {
        /// What the link is called.
        package let link: LinkID

        /// Where it goes.
        package let goal: Goal

        /// An attempt that is given up for this one.
        package let insteadOf: LinkID?
    }

    /// One question to the hub's actors.
    package struct Probe: Hashable, Sendable {
        /// Over which link.
        package let link: LinkID

        /// Until when an answer counts.
        package let deadline: Instant
    }

    /// What to do for who starts a tunnel.
    package enum StartAction: Hashable, Sendable { case dial(Dial) }

    /// Somebody wants a connection: legal where there is none and none is being made.
    package mutating func start(now: Instant) throws(TunnelError) -> StartAction {
        try state.phase.checkMove(to: .connecting)
        return .dial(beginConnecting(now))
    }

    /// What to do for who stops a tunnel.
    package enum StopAction: Hashable, Sendable {
        /// Give up every attempt and close every link, those that retire included.
        case endEverything
    }

    /// Somebody wants no connection: nothing begins any more by itself.
    package mutating func stop() throws(TunnelError) -> StopAction {
        switch life {
        case .disconnected: try state.phase.checkMove(to: .disconnected)
        case .connected: life = .disconnected
        case .trying, .failed: life = .failed(TunnelState.Failure(reason: .stopped, triesAt: nil))
        }
        retiring = []
        failures = 0
        refusals = 0
        return .endEverything
    }

    /// What to do for who cannot wait.
    package enum ReconnectNowAction: Hashable, Sendable {
        case nothing
        case dial(Dial)
        case probe(Probe)
    }

    /// Somebody knows that waiting is of no use: the next attempt begins, or the hub is asked whether it lives.
    package mutating func reconnectNow(now: Instant) throws(TunnelError) -> ReconnectNowAction {
        switch life {
        case .disconnected:
            throw TunnelError(.illegalMove, "a tunnel that is disconnected is started, not hurried")
        case .trying(var trying):
            guard case .paused = trying.attempt.step else { return .nothing }
            let dial = beginDial(&trying.attempt, now)
            life = .trying(trying)
            return .dial(dial)
        case .connected(var connected):
            guard case .quiet = connected.link.liveness else { return .nothing }
            let probe = ask(&connected.link, now)
            life = .connected(connected)
            return .probe(probe)
        case .failed(let failure):
            guard failure.reason != .stopped else {
                throw TunnelError(.illegalMove, "a tunnel that was stopped is started, not hurried")
            }
            return .dial(beginConnecting(now))
        }
    }

    /// What to do for who wants a new link.
    package enum RenewAction: Hashable, Sendable { case dial(Dial) }

    /// The credentials have changed: a new link to the same hub replaces the current one once it has answered.
    package mutating func renew(now: Instant) throws(TunnelError) -> RenewAction {
        guard case .connected(var connected) = life else {
            throw TunnelError(.notConnected, "a tunnel that is \(state.phase.rawValue) has no link to renew")
        }
        // One that is under way may have begun with what is old.
        let former = connected.replacement?.attempt.link
        let goal = connected.leavesAt == nil ? Goal.sameHub : .nextCandidate
        var attempt = Attempt(goal: goal, step: .paused(until: now))
        let dial = beginDial(&attempt, now, insteadOf: former)
        connected.replacement = Replacement(isRenewal: true, failures: 0, attempt: attempt)
        life = .connected(connected)
        return .dial(dial)
    }

    // MARK: Parts of moves

    /// The first attempt of a tunnel that was not connected.
    mutating func beginConnecting(_ now: Instant) -> Dial {
        failures = 0
        refusals = 0
        lastError = nil
        var attempt = Attempt(goal: .nextCandidate, step: .paused(until: now))
        let dial = beginDial(&attempt, now)
        life = .trying(Trying(isReconnecting: false, attempt: attempt))
        return dial
    }

    /// Lets `attempt` dial under a new number.
    mutating func beginDial(_ attempt: inout Attempt, _ now: Instant, insteadOf former: LinkID? = nil) -> Dial {
        linkCount += 1
        let link = LinkID(linkCount)
        attempt.step = .dialling(link, since: now, deadline: now + configuration.dialTimeout)
        return Dial(link: link, goal: attempt.goal, insteadOf: former)
    }

    /// Asks the hub at the other end of `link`.
    func ask(_ link: inout OpenLink, _ now: Instant) -> Probe {
        let deadline = now + configuration.probeTimeout
        link.liveness = .asked(deadline: deadline)
        return Probe(link: link.id, deadline: deadline)
    }
}

extension TunnelStateMachine {
    /// What the machine remembers in each state.
    enum Life {
        case disconnected
        case trying(Trying)
        case connected(Connected)
        case failed(TunnelState.Failure)
    }

    struct Trying {
        let isReconnecting: Bool
        var attempt: Attempt
    }

    struct Connected {
        var link: OpenLink
        let since: Instant
        /// When ``TunnelStateMachine/failures`` are forgotten; nil once they are.
        var wellAt: Instant?
        /// Until when the hub waits for what is under way; nil while it has not said farewell.
        var leavesAt: Instant?
        var replacement: Replacement?
    }

    /// An attempt beside a link that works.
    struct Replacement {
        var isRenewal: Bool
        var failures: Int
        var attempt: Attempt
    }

    struct Attempt {
        var goal: Goal
        var step: Step

        var link: LinkID? {
            switch step {
            case .paused: nil
            case .dialling(let link, _, _): link
            case .proving(let link): link.id
            }
        }

        var startsAt: Instant? {
            if case .paused(let until) = step { until } else { nil }
        }

        func dials(_ link: LinkID) -> Bool {
            if case .dialling(link, _, _) = step { true } else { false }
        }

        /// The open link that has not answered yet.
        func proves(_ link: LinkID) -> OpenLink? {
            if case .proving(let open) = step, open.id == link { open } else { nil }
        }
    }

    enum Step {
        case paused(until: Instant)
        case dialling(LinkID, since: Instant, deadline: Instant)
        case proving(OpenLink)
    }

    struct OpenLink {
        let id: LinkID
        let hub: NodeID
        let isResumed: Bool
        var liveness: Liveness
    }

    enum Liveness {
        /// The hub has answered; it is asked again then.
        case quiet(until: Instant)
        /// It has been asked.
        case asked(deadline: Instant)
        /// It has been asked, and there was an error at once.
        case asksAgain(at: Instant, deadline: Instant)

        var nextDeadline: Instant {
            switch self {
            case .quiet(let until): until
            case .asked(let deadline): deadline
            case .asksAgain(let at, let deadline): min(at, deadline)
            }
        }
    }

    struct Retiring {
        let link: LinkID
        var closesAt: Instant
    }
}
