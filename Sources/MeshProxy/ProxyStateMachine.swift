package import MeshCore

/// One direction of a bad link: what becomes of each datagram, and when.
///
///     open ──blackholed──▶ blackhole ──its time is over, or it is told──▶ open
///
/// The n-th datagram draws the same numbers under every rule, so that a seed means the same losses whether or not the
/// link also delays. The bytes stay with the driver, which knows a datagram by the number it is given here.
package struct ProxyStateMachine: ~Copyable {
    /// What the link does from now on.
    package var rule: LinkRule

    /// What became of the datagrams so far.
    package private(set) var counts = LinkCounts()

    private var generator: SeededGenerator
    private var queue = DeliveryQueue()
    private var lastNumber: UInt64 = 0
    private var busyUntil = Instant.origin
    private var blackhole: Blackhole?

    private struct Blackhole {
        /// Nil where only a command ends it.
        let end: Instant?
    }

    /// A link that behaves as `rule` says and draws its chances from `seed`.
    package init(rule: LinkRule, seed: UInt64) {
        self.rule = rule
        generator = SeededGenerator(seed: seed)
    }

    /// When the next held datagram is due.
    package var nextDeadline: Instant? { queue.first?.due }

    /// Datagrams and copies that are held.
    package var heldCount: Int { queue.count }

    /// What to do with a datagram that arrived.
    package enum DatagramArrivedAction: Hashable, Sendable {
        /// Keep its bytes under this number until ``deadlineReached(now:)`` asks for them.
        case hold(number: UInt64)
        /// Forget it.
        case drop
    }

    /// A datagram of `byteCount` bytes has come to this end of the link.
    package mutating func datagramArrived(byteCount: Int, now: Instant) -> DatagramArrivedAction {
        counts.arrived += 1
        var draw = generator.split()
        let chances = Chances(from: &draw)
        guard !isBlackhole(at: now) else {
            counts.swallowed += 1
            return .drop
        }
        guard chances.loss >= rule.lostPerThousand else {
            counts.lost += 1
            return .drop
        }
        guard queue.count + 1 < Limits.Proxy.maximumHeld, let departure = departure(of: byteCount, now: now) else {
            counts.overflowed += 1
            return .drop
        }
        lastNumber += 1
        let isDuplicated = chances.duplication < rule.duplicatedPerThousand
        var delivery = DeliveryQueue.Delivery(due: departure + delay(&draw), number: lastNumber)
        if chances.reordering < rule.reorderedPerThousand {
            counts.reordered += 1
            delivery.due = delivery.due + rule.reorderingHold
        }
        if chances.corruption < rule.corruptedPerThousand, byteCount > 0 {
            counts.corrupted += 1
            delivery.flippedBit = draw.integer(below: byteCount * 8)
        }
        delivery.isLast = !isDuplicated
        if isDuplicated {
            counts.duplicated += 1
            // The later of the two ends the datagram.
            var copy = DeliveryQueue.Delivery(due: departure + delay(&draw), number: lastNumber)
            if copy.due < delivery.due { swap(&copy.due, &delivery.due) }
            copy.isLast = true
            queue.insert(delivery)
            queue.insert(copy)
        } else {
            queue.insert(delivery)
        }
        return .hold(number: lastNumber)
    }

    /// What to do when the deadline has come; to be asked again until it answers `none`.
    package enum DeadlineReachedAction: Hashable, Sendable {
        /// Nothing more is due.
        case none
        /// Send the datagram on, with one bit flipped where `flippedBit` says so; after the last time forget it.
        case send(number: UInt64, flippedBit: Int?, isLast: Bool)
        /// Forget the datagram unsent.
        case forget(number: UInt64, isLast: Bool)
    }

    /// The time is `now`.
    package mutating func deadlineReached(now: Instant) -> DeadlineReachedAction {
        guard let delivery = queue.popDue(at: now) else { return .none }
        guard !isBlackhole(at: now) else {
            counts.swallowed += 1
            return .forget(number: delivery.number, isLast: delivery.isLast)
        }
        counts.delivered += 1
        return .send(number: delivery.number, flippedBit: delivery.flippedBit, isLast: delivery.isLast)
    }

    /// The driver has sent so many bytes on.
    package mutating func sent(byteCount: Int) { counts.deliveredBytes += UInt64(byteCount) }

    /// Everything vanishes until `end`, or until ``healed()``; what is on its way too.
    package mutating func blackholed(until end: Instant?) { blackhole = Blackhole(end: end) }

    /// The blackhole is over.
    package mutating func healed() { blackhole = nil }

    private mutating func isBlackhole(at now: Instant) -> Bool {
        guard let blackhole else { return false }
        if let end = blackhole.end, end <= now { self.blackhole = nil }
        return self.blackhole != nil
    }

    /// When the last byte has left, behind those that wait; nil where there is no room to wait.
    private mutating func departure(of byteCount: Int, now: Instant) -> Instant? {
        guard let rate = rule.bytesPerSecond else { return now }
        let start = max(now, busyUntil)
        let waiting = (start - now).wholeNanoseconds.multipliedFullWidth(by: Int64(rate))
        let waitingBytes = Int(Int64(1_000_000_000).dividingFullWidth(waiting).quotient)
        guard waitingBytes + byteCount <= rule.queueBytes else { return nil }
        busyUntil = start + .nanoseconds(Int64(byteCount) * 1_000_000_000 / Int64(max(1, rate)))
        return busyUntil
    }

    private func delay(_ draw: inout SeededGenerator) -> Duration {
        let jitter = Int(rule.jitter.wholeNanoseconds)
        let drawn = draw.integer(in: -1_000_000_000...1_000_000_000)
        let delay = Int(rule.delay.wholeNanoseconds) + jitter / 1_000_000 * (drawn / 1_000)
        return .nanoseconds(Int64(max(0, delay)))
    }

    private struct Chances {
        let loss: Int
        let duplication: Int
        let corruption: Int
        let reordering: Int

        init(from draw: inout SeededGenerator) {
            loss = draw.integer(below: 1_000)
            duplication = draw.integer(below: 1_000)
            corruption = draw.integer(below: 1_000)
            reordering = draw.integer(below: 1_000)
        }
    }
}
