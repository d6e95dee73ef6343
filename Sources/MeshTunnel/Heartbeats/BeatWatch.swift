package import MeshCore
package import MeshVitals

/// What a hub makes of one edge's beats: which are missing, late or doubled, and how wrong the edge's clock is.
///
/// An edge numbers its beats without a gap, on one link after another, and sends them in that order. So a number that
/// is not higher than the last on a newer link means that the edge began anew; on the same link it is a repetition; and
/// on an older link it was overtaken by the newer.
package struct BeatWatch: Hashable, Sendable {
    /// What the edge's beats have come to at the hub.
    package struct Counts: Hashable, Sendable {
        /// Beats that have come, repetitions and overtaken ones included.
        package var received = UInt64(0)
        /// Numbers that were passed over and have not come since.
        package var lost = UInt64(0)
        /// Beats that had come already.
        package var duplicates = UInt64(0)
        /// Beats that came behind a later one.
        package var outOfOrder = UInt64(0)
        /// Beats that came after too long a silence.
        package var late = UInt64(0)
        /// Times that the edge began to count anew.
        package var restarts = UInt64(0)

        /// None.
        package init() {}
    }

    /// Where a beat stands among the others.
    package enum Order: Hashable, Sendable {
        /// The first that this hub sees of the edge.
        case first
        /// The one behind the last.
        case next
        /// So many before it have not come.
        case afterGap(UInt64)
        /// It had come already.
        case duplicate
        /// A later one came before it.
        case outOfOrder
        /// The edge has begun anew.
        case restarted
    }

    /// What a beat has told.
    package struct Outcome: Hashable, Sendable {
        /// Where it stands.
        package let order: Order
        /// Whether it came after too long a silence.
        package let isLate: Bool
        /// Whether the edge had been suspected.
        package let isBack: Bool

        /// Whether its vitals are the newest.
        package var isNewest: Bool {
            switch order {
            case .first, .next, .afterGap, .restarted: true
            case .duplicate, .outOfOrder: false
            }
        }
    }

    /// What the beats have come to.
    package private(set) var counts = Counts()

    /// How far the edge's clock is ahead of the hub's; what the beat took on its way is in it.
    package private(set) var skewMilliseconds = Int64(0)

    /// Whether it has been silent for too long over an open link.
    package private(set) var isSuspected = false

    /// How often it says that it beats.
    package private(set) var interval: Duration

    /// The link of the newest beat, while that is open.
    private var openLink: UInt64?
    private var link: UInt64
    private var highest: UInt64
    /// Bit n stands for the number `highest - n`.
    private var seen = UInt64(1)
    private var lastArrival: Instant
    /// Whether the silence since the last beat is one of a link that stayed open.
    private var isCounting = false

    /// A watch that is to be told of an edge's first `beat` next.
    package init(first beat: Beat, link: UInt64, now: Instant) {
        self.link = link
        highest = beat.sequence
        lastArrival = now
        interval = Self.interval(of: beat)
        // Numbers before the first one came to another hub, or to this one in another life.
        seen = .max
    }

    private static func interval(of beat: Beat) -> Duration {
        max(beat.interval ?? HeartbeatConfiguration().interval, Limits.Heartbeat.shortestInterval)
    }

    /// A beat has come over `link`, whose number is higher than that of a link that opened before.
    package mutating func received(_ beat: Beat, link: UInt64, now: Instant, wallTime: WallTime) -> Outcome {
        let order = place(beat.sequence, link)
        let silence = now - lastArrival
        let isLate = isCounting && silence > interval * Limits.Heartbeat.lateAfterIntervals
        let wasSuspected = isSuspected
        isSuspected = false
        counts.received += 1
        if isLate { counts.late += 1 }
        lastArrival = now
        let outcome = Outcome(order: order, isLate: isLate, isBack: wasSuspected)
        if outcome.isNewest {
            self.link = link
            openLink = link
            isCounting = true
            interval = Self.interval(of: beat)
            let (skew, overflow) = beat.timestampMilliseconds.subtractingReportingOverflow(
                wallTime.millisecondsSince1970
            )
            skewMilliseconds = overflow ? (beat.timestampMilliseconds < 0 ? .min : .max) : skew
        }
        return outcome
    }

    private mutating func place(_ sequence: UInt64, _ link: UInt64) -> Order {
        if counts.received == 0 { return .first }
        if link < self.link { return overtaken(sequence) }
        guard sequence > highest else {
            if link == self.link {
                counts.duplicates += 1
                return .duplicate
            }
            counts.restarts += 1
            highest = sequence
            seen = .max
            return .restarted
        }
        let step = sequence - highest
        highest = sequence
        seen = step < 64 ? seen << step | 1 : 1
        guard step > 1 else { return .next }
        let (lost, overflow) = counts.lost.addingReportingOverflow(step - 1)
        counts.lost = overflow ? .max : lost
        return .afterGap(step - 1)
    }

    private mutating func overtaken(_ sequence: UInt64) -> Order {
        let distance = highest > sequence ? highest - sequence : 0
        // Of before a restart, or too old to tell.
        guard sequence < highest, distance < 64 else {
            counts.outOfOrder += 1
            return .outOfOrder
        }
        guard seen >> distance & 1 == 0 else {
            counts.duplicates += 1
            return .duplicate
        }
        seen |= 1 << distance
        counts.outOfOrder += 1
        if counts.lost > 0 { counts.lost -= 1 }
        return .outOfOrder
    }

    /// A link of the edge has ended; where no beat has come over a newer one, its silence is none until one does.
    package mutating func linkClosed(_ link: UInt64) {
        guard openLink == link else { return }
        openLink = nil
        isCounting = false
        isSuspected = false
    }

    /// Whether the link of the newest beat is open.
    package var isConnected: Bool { openLink != nil }

    /// When the last beat came.
    package var lastBeat: Instant { lastArrival }

    /// When the edge is to be suspected, if nothing comes; nil where it is, or where its link has ended.
    package var suspicionDeadline: Instant? {
        isCounting && !isSuspected ? lastArrival + interval * Limits.Heartbeat.suspectedAfterIntervals : nil
    }

    /// Whether the edge is suspected from now on.
    package mutating func deadlineReached(now: Instant) -> Bool {
        guard let deadline = suspicionDeadline, deadline <= now else { return false }
        isSuspected = true
        return true
    }
}
