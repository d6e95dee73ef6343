package import MeshCore
package import MeshVitals

/// What a hub knows of its edges by their beats: the last vitals, some history, and who has fallen silent.
///
/// Keeps ``Limits/Heartbeat/maximumEdges`` at most: a further edge is acknowledged and not kept, until one that has
/// been away for long is forgotten.
package struct EdgeVitals: Sendable {
    /// What is known of one edge.
    package struct Entry: Hashable, Sendable {
        /// What is made of its beats.
        package fileprivate(set) var watch: BeatWatch
        /// How its machine was at the newest.
        package fileprivate(set) var vitals: Vitals
        /// The number of the newest.
        package fileprivate(set) var sequence: UInt64
        /// When the newest came, by the hub's calendar.
        package fileprivate(set) var seenAt: WallTime
        /// How its machine was over time.
        package fileprivate(set) var history = VitalsHistory()
        /// When its alarm rings; nil where it has none.
        fileprivate var alarm: Instant?
    }

    /// What all beats have come to since the hub began, those of edges that are forgotten included.
    package struct Totals: Hashable, Sendable {
        /// Beats that have come.
        package fileprivate(set) var received = UInt64(0)
        /// Numbers that were passed over; what came of them later is out of order.
        package fileprivate(set) var missed = UInt64(0)
        /// Beats that had come already.
        package fileprivate(set) var duplicates = UInt64(0)
        /// Beats that came behind a later one.
        package fileprivate(set) var outOfOrder = UInt64(0)
        /// Beats that came after too long a silence.
        package fileprivate(set) var late = UInt64(0)
        /// Times that an edge began to count anew.
        package fileprivate(set) var restarts = UInt64(0)
        /// Times that an edge was suspected.
        package fileprivate(set) var suspicions = UInt64(0)
        /// Beats of edges for which there was no room.
        package fileprivate(set) var unkept = UInt64(0)

        fileprivate mutating func note(_ outcome: BeatWatch.Outcome) {
            switch outcome.order {
            case .first, .next: break
            case .afterGap(let count):
                let (sum, overflow) = missed.addingReportingOverflow(count)
                missed = overflow ? .max : sum
            case .duplicate: duplicates += 1
            case .outOfOrder: outOfOrder += 1
            case .restarted: restarts += 1
            }
            if outcome.isLate { late += 1 }
        }
    }

    private let maximumEdges: Int
    private var entries: [NodeID: Entry] = [:]
    private var alarms = DeadlineHeap()

    /// What all beats have come to.
    package private(set) var totals = Totals()

    /// How many edges are suspected.
    package private(set) var suspectedCount = 0

    /// Beats of edges for which there was no room.
    package var unkept: UInt64 { totals.unkept }

    /// Beats of all edges, those that were not kept included.
    package var received: UInt64 { totals.received }

    /// No edges; at most `maximumEdges` are kept.
    package init(maximumEdges: Int = Limits.Heartbeat.maximumEdges) { self.maximumEdges = maximumEdges }

    // MARK: Beats

    /// `beat` has come over `link`; nil where there is no room to keep what it says.
    package mutating func received(
        _ beat: Beat,
        link: UInt64,
        now: Instant,
        wallTime: WallTime
    ) -> BeatWatch.Outcome? {
        totals.received &+= 1
        guard entries[beat.device] != nil || entries.count < maximumEdges else {
            totals.unkept &+= 1
            return nil
        }
        // One look-up, and no copy of what is kept.
        let outcome = withEntry(of: beat, link: link, now: now, wallTime: wallTime) { entry in
            let outcome = entry.watch.received(beat, link: link, now: now, wallTime: wallTime)
            if outcome.isNewest {
                entry.vitals = beat.vitals
                entry.sequence = beat.sequence
                entry.seenAt = wallTime
                entry.history.note(beat.vitals, now: now, wallTime: wallTime)
            }
            return outcome
        }
        totals.note(outcome)
        if outcome.isBack { suspectedCount -= 1 }
        return outcome
    }

    private mutating func withEntry(
        of beat: Beat,
        link: UInt64,
        now: Instant,
        wallTime: WallTime,
        _ change: (inout Entry) -> BeatWatch.Outcome
    ) -> BeatWatch.Outcome {
        func first() -> Entry {
            Entry(
                watch: BeatWatch(first: beat, link: link, now: now),
                vitals: beat.vitals,
                sequence: beat.sequence,
                seenAt: wallTime
            )
        }
        var alarm: Instant?
        let outcome = { (entry: inout Entry) in
            let outcome = change(&entry)
            if entry.alarm == nil, let deadline = entry.watch.suspicionDeadline {
                entry.alarm = deadline
                alarm = deadline
            }
            return outcome
        }(&entries[beat.device, default: first()])
        if let alarm { alarms.insert(beat.device, at: alarm) }
        return outcome
    }

    /// A link of `node` has ended.
    package mutating func linkClosed(of node: NodeID, link: UInt64) {
        let wasSuspected = entries[node]?.watch.isSuspected ?? false
        entries[node]?.watch.linkClosed(link)
        if wasSuspected, entries[node]?.watch.isSuspected == false { suspectedCount -= 1 }
    }

    // MARK: Time

    /// When somebody may have to be suspected; nil where nobody will.
    package var nextDeadline: Instant? { alarms.first }

    /// The edges that have been silent for too long over an open link, since this was asked the last time.
    package mutating func deadlineReached(now: Instant) -> [NodeID] {
        var suspects: [NodeID] = []
        while let (node, at) = alarms.pop(until: now) {
            // Each edge has one alarm; another is of before it was forgotten.
            guard entries[node]?.alarm == at else { continue }
            if entries[node]?.watch.deadlineReached(now: now) == true {
                suspects.append(node)
                suspectedCount += 1
                totals.suspicions &+= 1
            }
            // It may have beaten meanwhile, which moves its deadline and no alarm.
            let deadline = entries[node]?.watch.suspicionDeadline
            entries[node]?.alarm = deadline
            if let deadline { alarms.insert(node, at: deadline) }
        }
        return suspects
    }

    /// Forgets the edges that have been away for longer than history is kept; asked now and then, for it looks at all.
    package mutating func forget(now: Instant) {
        // Few leave at a time: what stays is not copied.
        let gone = entries.filter { _, entry in
            !entry.watch.isConnected && now - entry.watch.lastBeat >= Limits.Heartbeat.historyTime
        }
        for node in gone.keys { entries[node] = nil }
    }

    // MARK: What is known

    /// What is known of `node`.
    package func entry(of node: NodeID) -> Entry? { entries[node] }

    /// How many edges are known.
    package var count: Int { entries.count }

    /// The edges that are known, in the order of their names.
    package var nodes: [NodeID] { entries.keys.sorted() }

    /// What all edges' beats have come to.
    package var counts: BeatWatch.Counts {
        entries.values.reduce(into: BeatWatch.Counts()) { sum, entry in
            sum.received &+= entry.watch.counts.received
            sum.lost &+= entry.watch.counts.lost
            sum.duplicates &+= entry.watch.counts.duplicates
            sum.outOfOrder &+= entry.watch.counts.outOfOrder
            sum.late &+= entry.watch.counts.late
            sum.restarts &+= entry.watch.counts.restarts
        }
    }
}

/// Deadlines of nodes, the earliest first; each node has one at most, which its owner sees to.
struct DeadlineHeap: Sendable {
    private struct Alarm {
        let at: Instant
        let node: NodeID

        static func < (left: Alarm, right: Alarm) -> Bool {
            left.at == right.at ? left.node < right.node : left.at < right.at
        }
    }

    private var heap: [Alarm] = []

    var first: Instant? { heap.first?.at }

    var count: Int { heap.count }

    mutating func insert(_ node: NodeID, at deadline: Instant) {
        heap.append(Alarm(at: deadline, node: node))
        var index = heap.count - 1
        while index > 0, heap[index] < heap[(index - 1) / 2] {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// Takes out the earliest, if it is not behind `now`.
    mutating func pop(until now: Instant) -> (node: NodeID, at: Instant)? {
        guard let first = heap.first, first.at <= now, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return (first.node, first.at) }
        heap[0] = last
        var index = 0
        while true {
            var smallest = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child] < heap[smallest] {
                smallest = child
            }
            guard smallest != index else { return (first.node, first.at) }
            heap.swapAt(index, smallest)
            index = smallest
        }
    }
}
