import MeshCore
import MeshTunnel

/// A machine, its generator and its clock, in one hand.
struct TunnelRig: ~Copyable {
    var machine: TunnelStateMachine
    var generator: SeededGenerator
    var now = Instant(nanoseconds: 1_000_000_000)

    init(seed: UInt64 = 1, _ change: (inout TunnelConfiguration) -> Void = { _ in }) {
        var configuration = TunnelConfiguration()
        change(&configuration)
        machine = TunnelStateMachine(configuration)
        generator = SeededGenerator(seed: seed)
    }

    static let hub = Identifier<NodeSubject>.sample("hub-1")

    /// A link that no machine has given out.
    static let stale = LinkID(1_000_000)

    static func farewell(window: Duration = .seconds(4), patience: Duration = .seconds(30)) -> HubFarewell {
        HubFarewell(patience: patience, message: "restart", alternates: ["b:1"], window: window)
    }

    var phase: TunnelState.Phase { machine.state.phase }

    /// The current link, or one that does not exist.
    var current: LinkID { machine.currentLink ?? Self.stale }

    /// The link that is being made, or one that does not exist.
    var making: LinkID { machine.linkInMaking ?? Self.stale }

    /// When the tunnel tries again by itself.
    var triesAt: Instant? {
        if case .failed(let failure) = machine.state { failure.triesAt } else { nil }
    }

    /// The attempt that it makes.
    var attempt: TunnelState.Attempt? {
        switch machine.state {
        case .connecting(let attempt), .reconnecting(let attempt): attempt
        case .disconnected, .connected, .failed: nil
        }
    }

    mutating func open() -> TunnelStateMachine.LinkOpenedAction {
        machine.linkOpened(making, hub: Self.hub, isResumed: false, now: now)
    }

    mutating func answer(_ link: LinkID, window: Duration = .seconds(2)) -> TunnelStateMachine.ProbeAnsweredAction {
        machine.probeAnswered(link, window: window, now: now, &generator)
    }

    mutating func fail(_ link: LinkID, _ code: DialErrorCode = .unreachable, retryAfter: Duration? = nil) {
        machine.attemptFailed(link, DialError(code, "words", retryAfter: retryAfter), now: now, &generator)
    }

    mutating func end(_ link: LinkID) { machine.linkEnded(link, "words", now: now, &generator) }

    mutating func leave(_ link: LinkID) -> TunnelStateMachine.LinkLeavingAction {
        machine.linkLeaving(link, Self.farewell(), now: now, &generator)
    }

    mutating func miss(_ link: LinkID) -> TunnelStateMachine.ProbeMissedAction {
        machine.probeMissed(link, now: now, &generator)
    }

    /// Moves to the next deadline and calls the machine once.
    mutating func wait() -> TunnelStateMachine.DeadlineReachedAction {
        guard let deadline = machine.nextDeadline else { return .nothing }
        now = max(now, deadline)
        return machine.deadlineReached(now: now, &generator)
    }

    /// Waits until an attempt dials.
    mutating func waitForDial() {
        for _ in 0..<8 {
            if case .dial = wait() { return }
        }
    }

    mutating func connect() throws {
        _ = try machine.start(now: now)
        _ = open()
        _ = answer(making)
    }

    /// Until a link that lasted is not held against the hub any more.
    mutating func becomeWell() {
        now = now + .seconds(3)
        _ = machine.deadlineReached(now: now, &generator)
    }
}

extension Identifier where Subject == NodeSubject {
    /// A name that the test spells.
    static func sample(_ text: String) -> NodeID {
        guard let node = try? NodeID(text) else { preconditionFailure("\(text) is no name") }
        return node
    }
}
