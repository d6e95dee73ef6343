package import MeshCore

/// One actor's stay on this node.
///
/// Pure; the host's lock guards it, so that a slot and its count change in one step.
///
///     starting ──started──▶ live ──leaveRequested, residentLost──▶ leaving ──ended──▶ gone
///        └───────────────────────────startFailed────────────────────────────────────────┘
///
/// A new stay of the same actor may begin only when the last is gone: there is never a twin.
package struct ActivationStateMachine: ~Copyable {
    private enum State { case starting, live, leaving, gone }

    private var state = State.starting

    /// How many calls are under way, those that wait for the start included.
    package private(set) var inFlight = 0

    /// How many calls wait for the end of this stay; they have a mailbox of their own.
    package private(set) var waitingForEnd = 0

    /// When the last call began or ended; those that are no use do not count.
    package private(set) var lastUsed: Instant

    /// A stay that begins at `now`.
    package init(now: Instant) { lastUsed = now }

    /// Where a call goes.
    package enum CallArrivedAction: Hashable, Sendable {
        /// To the resident; the call counts until ``callEnded(now:)``.
        case enter
        /// It waits for the start, and counts as above.
        case waitForStart
        /// It waits for the end of this stay and looks again; it counts until ``waitEnded()``.
        case waitForEnd
        /// The mailbox is full.
        case refuse
    }

    /// Somebody calls; without `now` that is no use.
    package mutating func callArrived(now: Instant?, mailbox: Int) -> CallArrivedAction {
        switch state {
        case .starting, .live:
            guard inFlight < mailbox else { return .refuse }
            inFlight += 1
            if let now { lastUsed = now }
            return state == .live ? .enter : .waitForStart
        case .leaving, .gone:
            guard waitingForEnd < mailbox else { return .refuse }
            waitingForEnd += 1
            return .waitForEnd
        }
    }

    /// A call that waited for the end waits no longer.
    package mutating func waitEnded() { waitingForEnd -= 1 }

    /// A call that counted is over; without `now` it was no use.
    package mutating func callEnded(now: Instant?) {
        inFlight -= 1
        if let now { lastUsed = now }
    }

    /// Whether the resident shall live, or leave at once.
    package enum StartedAction: Hashable, Sendable { case live, leave }

    /// The resident is ready.
    package mutating func started() -> StartedAction {
        switch state {
        case .starting:
            state = .live
            return .live
        case .live, .leaving, .gone:
            return .leave
        }
    }

    /// What to do about a wish that the actor leave.
    package enum LeaveRequestedAction: Hashable, Sendable {
        /// Tell the resident.
        case leave
        /// It is being called, or leaving already, or not there yet.
        case ignore
    }

    /// The actor shall leave: at once, or only if nobody calls it.
    package mutating func leaveRequested(onlyIfUnused: Bool) -> LeaveRequestedAction {
        switch state {
        case .live where !onlyIfUnused || inFlight == 0, .starting where !onlyIfUnused:
            state = .leaving
            return .leave
        case .starting, .live, .leaving, .gone:
            return .ignore
        }
    }

    /// The resident has ended by itself: its journal failed, or belongs to somebody else.
    package mutating func residentLost() {
        if state == .live { state = .leaving }
    }

    /// Nothing is left of the stay, or it never began.
    package mutating func ended() { state = .gone }

    /// Whether the resident is on its way.
    package var isStarting: Bool { state == .starting }

    /// Whether calls reach the resident.
    package var isLive: Bool { state == .live }
}
