package import MeshCore

/// The life of one node as a process.
///
///     waiting ──started──▶ starting ──▶ ready ◀──▶ disconnected
///                             │           │ ◀──▶ paused
///                             └── ended ──┘
///                                   │
///     stopped ◀── it was told to ───┼── never to come back ──▶ killed
///                                   ├── comes back ──▶ restarting ──▶ starting
///                                   └── never ready, or not even started, five times ──▶ failed
package struct NodeLifeStateMachine: ~Copyable {
    /// How a node stands, as people are told.
    package enum Phase: String, CaseIterable, Hashable, Sendable {
        case waiting, starting, ready, disconnected, paused, stopping, stopped, killed, restarting, failed
    }

    private enum State: Hashable {
        /// No process; it is started at `startsAt`, if ever.
        case down(Phase, startsAt: Instant?)
        case up(Up)
    }

    private struct Up: Hashable {
        let since: Instant
        var isReady = false
        var hasBeenReady = false
        var isPaused = false
        var stop: Stop?
        /// How long it stays away when it ends; the outer nil is for as its description says.
        var staysAway: Duration??
    }

    private struct Stop: Hashable {
        let deadline: Instant
        let startsAgain: Bool
        var isKilled = false
    }

    private var state = State.down(.waiting, startsAt: nil)
    private let restartAfter: Duration?
    private var vainStarts = 0
    private var hasRun = false

    /// How often it was started again.
    package private(set) var restarts = 0

    /// A node that waits for its first start; one that ends is started again after `restartAfter`, if ever.
    package init(restartAfter: Duration?) { self.restartAfter = restartAfter }

    /// How it stands.
    package var phase: Phase {
        switch state {
        case .down(let phase, _): phase
        case .up(let up) where up.stop != nil: up.stop?.startsAgain == true ? .restarting : .stopping
        case .up(let up) where up.isPaused: .paused
        case .up(let up): up.isReady ? .ready : up.hasBeenReady ? .disconnected : .starting
        }
    }

    /// Whether there is a process.
    package var isUp: Bool { if case .up = state { true } else { false } }

    /// When its process was started; nil where there is none.
    package var upSince: Instant? { if case .up(let up) = state { up.since } else { nil } }

    /// The machine's only timer.
    package var nextDeadline: Instant? {
        switch state {
        case .down(_, let startsAt): startsAt
        case .up(let up): up.stop.flatMap { $0.isKilled ? nil : $0.deadline }
        }
    }

    // MARK: Its process

    /// What to do with the process.
    package enum Action: Hashable, Sendable {
        case nothing
        /// Start it.
        case spawn
        /// Send it these signals, in this order.
        case signal([NodeSignal])
        /// Nothing: the words say why.
        case refuse(String)
    }

    /// The first start is due.
    package mutating func start() -> Action {
        guard case .down = state else { return .nothing }
        return .spawn
    }

    /// Its process has been started.
    package mutating func spawned(now: Instant) {
        if hasRun { restarts += 1 }
        hasRun = true
        state = .up(Up(since: now))
    }

    /// It says that it does what it is there for, or does not any more; the first time of a life counts as success.
    package mutating func becameReady(_ isReady: Bool) {
        guard case .up(var up) = state else { return }
        if isReady { vainStarts = 0 }
        up.isReady = isReady
        up.hasBeenReady = up.hasBeenReady || isReady
        state = .up(up)
    }

    /// Its process could not be started: the machine may have room for it a little later.
    package mutating func notStarted(now: Instant) {
        guard case .down = state else { return }
        vainStarts += 1
        let isVain = vainStarts >= Limits.Cluster.vainStarts
        state = isVain ? .down(.failed, startsAt: nil) : .down(.restarting, startsAt: now + Limits.Cluster.roomPause)
    }

    /// Its process has ended.
    package mutating func ended(now: Instant) {
        guard case .up(let up) = state else { return }
        if let stop = up.stop {
            state = stop.startsAgain ? .down(.restarting, startsAt: now) : .down(.stopped, startsAt: nil)
            return
        }
        if !up.hasBeenReady { vainStarts += 1 }
        guard vainStarts < Limits.Cluster.vainStarts else {
            state = .down(.failed, startsAt: nil)
            return
        }
        guard let pause = up.staysAway ?? restartAfter else {
            state = .down(.killed, startsAt: nil)
            return
        }
        state = .down(.restarting, startsAt: now + pause)
    }

    /// Its moment has come.
    package mutating func deadlineReached(now: Instant) -> Action {
        guard let deadline = nextDeadline, deadline <= now else { return .nothing }
        switch state {
        case .down: return .spawn
        case .up(var up):
            up.stop?.isKilled = true
            state = .up(up)
            return .signal([.kill])
        }
    }

    // MARK: What befalls it

    /// As kill -9; it comes back after so long, or as its description says.
    package mutating func kill(comesBackAfter pause: Duration?) -> Action {
        guard case .up(var up) = state else { return .refuse("is not running") }
        if let pause { up.staysAway = .some(pause) }
        state = .up(up)
        return .signal([.kill])
    }

    /// It stops where it is.
    package mutating func pause() -> Action {
        guard case .up(var up) = state, up.stop == nil else { return .refuse("is not running") }
        guard !up.isPaused else { return .refuse("is paused already") }
        up.isPaused = true
        state = .up(up)
        return .signal([.pause])
    }

    /// It goes on.
    package mutating func resume() -> Action {
        guard case .up(var up) = state, up.isPaused else { return .refuse("is not paused") }
        up.isPaused = false
        state = .up(up)
        return .signal([.resume])
    }

    /// It is told to stop, and started again; one that is down is started now.
    package mutating func restart(now: Instant, patience: Duration) -> Action {
        guard case .up(let up) = state else {
            vainStarts = 0
            return .spawn
        }
        guard up.stop == nil else { return .refuse("is being stopped already") }
        return stop(up, Stop(deadline: now + patience, startsAgain: true))
    }

    /// It is told to stop, for good.
    package mutating func stop(now: Instant, patience: Duration) -> Action {
        switch state {
        case .down(.failed, _): return .nothing
        case .down:
            state = .down(.stopped, startsAt: nil)
            return .nothing
        case .up(let up): return stop(up, Stop(deadline: now + patience, startsAgain: false))
        }
    }

    private mutating func stop(_ up: Up, _ stop: Stop) -> Action {
        var up = up
        let signals: [NodeSignal] = up.isPaused ? [.stop, .resume] : [.stop]
        up.isPaused = false
        let isStopping = up.stop != nil
        up.stop = stop
        state = .up(up)
        return .signal(isStopping ? [] : signals)
    }
}

/// What processes are told.
package enum NodeSignal: Hashable, Sendable {
    /// SIGTERM.
    case stop
    /// SIGKILL.
    case kill
    /// SIGSTOP.
    case pause
    /// SIGCONT.
    case resume
}
