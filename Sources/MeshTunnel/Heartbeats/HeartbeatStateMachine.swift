package import MeshCore

/// The beats of an edge over its tunnel.
///
///     paused ──tunnelConnected──▶ resting ──due──▶ reading ──vitals, or their deadline──▶ waiting
///        ▲                           ▲                                                    │    │
///        │                           ├───────────────────acknowledged─────────────────────┘    │
///        │                           └───────────────────overdue───────────────────────────────┘
///        └──tunnelLost── from each of them; stop ends it for good
///
/// One beat is under way at a time: where its time comes while another waits, it is sent when that is settled, and all
/// that have come due by then are one. A beat whose acknowledgement is overdue may still be acknowledged, late; it is
/// lost when the tunnel is, or after a longer while.
package struct HeartbeatStateMachine: ~Copyable {
    private struct Sent {
        let sequence: UInt64
        let at: Instant
    }

    private enum Phase {
        case paused
        case resting
        case reading(deadline: Instant)
        case waiting(Sent)
        case stopped
    }

    private let configuration: HeartbeatConfiguration
    private var phase = Phase.paused
    /// When the next beat is to be sent; of use while the tunnel is connected.
    private var due = Instant.origin
    private var isFirstOnTunnel = true
    /// The oldest first.
    private var overdue: [Sent] = []
    private var sequence = UInt64(0)

    /// What the beats have come to.
    package private(set) var counts = HeartbeatCounts()

    /// A machine that waits for the tunnel.
    package init(_ configuration: HeartbeatConfiguration) {
        var configuration = configuration
        configuration.interval = max(configuration.interval, Limits.Heartbeat.shortestInterval)
        self.configuration = configuration
    }

    /// The interval that is kept.
    package var interval: Duration { configuration.interval }

    /// When something is due; nil where only an event brings it on.
    package var nextDeadline: Instant? {
        let expiry = overdue.first.map { $0.at + configuration.lostAfter }
        let own: Instant? =
            switch phase {
            case .paused, .stopped: nil
            case .resting: overdue.count < Limits.Heartbeat.maximumOverdue ? due : nil
            case .reading(let deadline): deadline
            case .waiting(let sent): sent.at + configuration.acknowledgementPatience
            }
        guard let expiry, let own else { return own ?? expiry }
        return min(own, expiry)
    }

    // MARK: The tunnel

    /// The tunnel is connected: the first beat comes at a drawn moment, so that edges that come together spread.
    package mutating func tunnelConnected(now: Instant, _ generator: inout SeededGenerator) {
        guard case .paused = phase else { return }
        phase = .resting
        isFirstOnTunnel = true
        due = now + Self.draw(below: configuration.firstBeatWithin, &generator)
    }

    /// What is to be done when the tunnel is lost.
    package enum TunnelLostAction: Hashable, Sendable {
        /// No beat was under way.
        case nothing
        /// So many beats will not be acknowledged any more.
        case lost(Int)
    }

    /// The tunnel is down: nothing is sent until it is up again, and no number is spent.
    package mutating func tunnelLost() -> TunnelLostAction {
        var lost = overdue.count
        switch phase {
        case .paused, .stopped: return .nothing
        case .resting, .reading: break
        case .waiting: lost += 1
        }
        phase = .paused
        overdue = []
        counts.lost += UInt64(lost)
        return lost == 0 ? .nothing : .lost(lost)
    }

    // MARK: Beats

    /// What is to be done at a deadline.
    package enum DeadlineReachedAction: Hashable, Sendable {
        /// It was not yet time.
        case nothing
        /// Read the vitals for the beat of this number, and tell the machine when they are there.
        case read(UInt64)
        /// Send the beat of this number without vitals: they have not come in time.
        case sendWithoutVitals(UInt64)
        /// The hub has not acknowledged the beat of this number in time.
        case overdue(UInt64)
        /// The beat of this number will not be acknowledged any more.
        case lost(UInt64)
    }

    /// The next deadline may be over; called again until it is not.
    package mutating func deadlineReached(
        now: Instant,
        _ generator: inout SeededGenerator
    ) -> DeadlineReachedAction {
        guard let deadline = nextDeadline, deadline <= now else { return .nothing }
        if let oldest = overdue.first, oldest.at + configuration.lostAfter <= now {
            overdue.removeFirst()
            counts.lost += 1
            return .lost(oldest.sequence)
        }
        switch phase {
        case .paused, .stopped: return .nothing
        case .resting:
            phase = .reading(deadline: now + configuration.readingPatience)
            return .read(sequence + 1)
        case .reading:
            counts.withoutVitals += 1
            return .sendWithoutVitals(send(now, &generator))
        case .waiting(let sent):
            overdue.append(sent)
            phase = .resting
            counts.overdue += 1
            return .overdue(sent.sequence)
        }
    }

    /// What is to be done with vitals that have been read.
    package enum VitalsReadAction: Hashable, Sendable {
        /// Send the beat of this number with them.
        case send(UInt64)
        /// Nobody waits for them any more.
        case ignore
    }

    /// The vitals for the beat `number` are there.
    package mutating func vitalsRead(
        for number: UInt64,
        now: Instant,
        _ generator: inout SeededGenerator
    ) -> VitalsReadAction {
        guard case .reading = phase, number == sequence + 1 else { return .ignore }
        return .send(send(now, &generator))
    }

    private mutating func send(_ now: Instant, _ generator: inout SeededGenerator) -> UInt64 {
        sequence += 1
        counts.sent += 1
        phase = .waiting(Sent(sequence: sequence, at: now))
        let interval = configuration.interval
        if isFirstOnTunnel {
            // From here on the beats of edges that came together are spread over a whole interval.
            isFirstOnTunnel = false
            due = now + interval / 2 + Self.draw(below: interval, &generator)
        } else {
            due = due + interval
            if due <= now {
                counts.coalesced += UInt64((now - due).wholeNanoseconds / interval.wholeNanoseconds) + 1
                due = now + interval
            }
        }
        return sequence
    }

    /// There was no link for the beat `number`, which is lost; true where the machine has waited for it.
    package mutating func notSent(_ number: UInt64) -> Bool {
        guard case .waiting(let sent) = phase, sent.sequence == number else { return false }
        phase = .resting
        counts.lost += 1
        return true
    }

    /// What an acknowledgement has said.
    package enum AcknowledgedAction: Hashable, Sendable {
        /// It came in time, after so long.
        case inTime(Duration)
        /// It was overdue, and came after so long.
        case late(Duration)
        /// It is for no beat that is under way.
        case unknown
    }

    /// The hub has acknowledged the beat `number`.
    package mutating func acknowledged(_ number: UInt64, now: Instant) -> AcknowledgedAction {
        if case .waiting(let sent) = phase, sent.sequence == number {
            phase = .resting
            counts.acknowledged += 1
            counts.lastRoundTrip = now - sent.at
            return .inTime(now - sent.at)
        }
        if let index = overdue.firstIndex(where: { $0.sequence == number }) {
            let sent = overdue.remove(at: index)
            counts.late += 1
            counts.lastRoundTrip = now - sent.at
            return .late(now - sent.at)
        }
        counts.unknownAcknowledgements += 1
        return .unknown
    }

    /// Nothing is sent any more; what is under way nobody waits for.
    package mutating func stop() {
        counts.abandoned += UInt64(overdue.count)
        if case .waiting = phase { counts.abandoned += 1 }
        overdue = []
        phase = .stopped
    }

    private static func draw(below bound: Duration, _ generator: inout SeededGenerator) -> Duration {
        let nanoseconds = bound.wholeNanoseconds
        return nanoseconds > 0 ? .nanoseconds(generator.integer(below: Int(nanoseconds))) : .zero
    }
}

/// What an edge's beats have come to: those sent are acknowledged, late, lost, abandoned, or still under way.
package struct HeartbeatCounts: Hashable, Sendable {
    /// Beats that were sent, each with the next number.
    package var sent = UInt64(0)
    /// Acknowledged in time.
    package var acknowledged = UInt64(0)
    /// Acknowledged when it was overdue.
    package var late = UInt64(0)
    /// Never acknowledged: the tunnel was lost, or too much time has passed.
    package var lost = UInt64(0)
    /// Under way when the edge stopped.
    package var abandoned = UInt64(0)
    /// Whose acknowledgement was overdue at some time; they are late or lost in the end.
    package var overdue = UInt64(0)
    /// Not sent for themselves, because another waited when they came due.
    package var coalesced = UInt64(0)
    /// Sent without vitals, which did not come in time.
    package var withoutVitals = UInt64(0)
    /// Acknowledgements of beats that were not under way.
    package var unknownAcknowledgements = UInt64(0)
    /// From sending the last beat that was acknowledged to its acknowledgement.
    package var lastRoundTrip: Duration?

    /// None.
    package init() {}
}
