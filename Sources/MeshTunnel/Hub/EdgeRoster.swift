package import MeshCore

/// Which edges belong to a hub now, and which did: who they are, since when, and why those that have gone went.
///
/// Told of tunnels as ``TunnelRegistry`` counts them: one for each node, the newest. An edge that went is remembered
/// until ``Limits/Roster/maximumGone`` others have gone since.
///
///     (not known) ──connected──▶ connected ──disconnected──▶ gone ──connected──▶ connected
///                                 └─ connected: a newer link ─▶ the same stay
package struct EdgeRoster: Sendable {
    /// A tunnel, as its edge introduced itself and its certificate says.
    package struct Connection: Hashable, Sendable {
        /// Whose it is.
        package let identity: NodeIdentity
        /// Which of the hub's links it is; a later one has a higher number.
        package let link: UInt64
        /// Where its packets came from when it was opened.
        package let address: String
        /// What the edge calls its software; a claim.
        package let software: String
        /// What operators call the edge by; a claim.
        package let labels: NodeLabels
        /// When the certificate ends that it was opened with.
        package let certificateEnd: WallTime
        /// Whether it was resumed with a ticket.
        package let isResumed: Bool

        /// The tunnel over `link`.
        package init(
            identity: NodeIdentity,
            link: UInt64,
            address: String,
            software: String,
            labels: NodeLabels,
            certificateEnd: WallTime,
            isResumed: Bool
        ) {
            self.identity = identity
            self.link = link
            self.address = address
            self.software = software
            self.labels = labels
            self.certificateEnd = certificateEnd
            self.isResumed = isResumed
        }
    }

    /// Why an edge is not connected any more.
    package struct Departure: Hashable, Sendable {
        /// When its tunnel ended.
        package let at: WallTime
        /// Why, in words for people, some of which may be the edge's.
        package let reason: String
        /// Whether it had been asked to go.
        package let isDrained: Bool
    }

    /// What is known of one edge.
    package struct Entry: Hashable, Sendable {
        /// Its tunnel, or its last one.
        package fileprivate(set) var connection: Connection
        /// Since when it is connected, over whichever links; of one that has gone, since when it was.
        package fileprivate(set) var since: WallTime
        /// How often it has come, since the hub's start.
        package fileprivate(set) var arrivals = UInt64(1)
        /// Links that have taken the place of older ones while it stayed.
        package fileprivate(set) var relinks = UInt64(0)
        /// Whether it was asked to go, and has not yet.
        package fileprivate(set) var isDraining = false
        /// Why and when it went; nil while it is connected.
        package fileprivate(set) var departure: Departure?
        fileprivate var departureNumber = UInt64(0)

        /// Whether it is connected.
        package var isConnected: Bool { departure == nil }
    }

    private let maximumGone: Int
    private var entries: [NodeID: Entry] = [:]
    /// The names of all of them in their order, kept so for those who list them.
    private var names: [NodeID] = []
    /// Departures in their order; those of edges that have come back since stand there until they are the oldest.
    private var departures: [(node: NodeID, number: UInt64)] = []
    private var oldest = 0
    private var departureCount = UInt64(0)

    /// How many are connected.
    package private(set) var connectedCount = 0

    /// Nobody yet; at most `maximumGone` that have gone are remembered.
    package init(maximumGone: Int = Limits.Roster.maximumGone) { self.maximumGone = maximumGone }

    // MARK: Events

    /// `connection` is its edge's tunnel from now on.
    package mutating func connected(_ connection: Connection, at now: WallTime) {
        let node = connection.identity.node
        guard var entry = entries[node] else {
            entries[node] = Entry(connection: connection, since: now)
            names.insert(node, at: index(of: node))
            connectedCount += 1
            return
        }
        if entry.isConnected {
            entry.relinks &+= 1
        } else {
            entry.departure = nil
            entry.isDraining = false
            entry.since = now
            entry.arrivals &+= 1
            connectedCount += 1
        }
        // A newer link of one that was asked to go is no answer: it may have been on its way, as after a renewal.
        entry.connection = connection
        entries[node] = entry
    }

    /// `node` is asked to go.
    package mutating func drainBegan(of node: NodeID) {
        if entries[node]?.isConnected == true { entries[node]?.isDraining = true }
    }

    /// `node` says that it does not go.
    package mutating func drainFailed(of node: NodeID) { entries[node]?.isDraining = false }

    /// The tunnel of `node` has ended for that reason, and there is no newer one.
    package mutating func disconnected(_ node: NodeID, at now: WallTime, reason: String) {
        guard var entry = entries[node], entry.isConnected else { return }
        connectedCount -= 1
        departureCount += 1
        entry.departure = Departure(
            at: now,
            reason: reason.cut(toBytes: Limits.Roster.maximumReasonBytes),
            isDrained: entry.isDraining
        )
        entry.isDraining = false
        entry.departureNumber = departureCount
        entries[node] = entry
        departures.append((node, departureCount))
        forgetOldest()
    }

    private mutating func forgetOldest() {
        while goneCount > maximumGone, oldest < departures.count {
            let (node, number) = departures[oldest]
            oldest += 1
            if let entry = entries[node], !entry.isConnected, entry.departureNumber == number { forget(node) }
        }
        // What stands there of edges that came back: each edge has one departure that counts.
        guard departures.count > 2 * maximumGone + 16 else { return }
        departures = departures[oldest...].filter { item in
            entries[item.node].map { !$0.isConnected && $0.departureNumber == item.number } ?? false
        }
        oldest = 0
    }

    private mutating func forget(_ node: NodeID) {
        entries[node] = nil
        let index = index(of: node)
        if index < names.count, names[index] == node { names.remove(at: index) }
    }

    /// Where `node` stands among the names, or would.
    private func index(of node: NodeID) -> Int {
        var (low, high) = (0, names.count)
        while low < high {
            let middle = (low + high) / 2
            if names[middle] < node { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: What is known

    /// What is known of `node`.
    package func entry(of node: NodeID) -> Entry? { entries[node] }

    /// How many have gone and are remembered.
    package var goneCount: Int { entries.count - connectedCount }

    /// At most ``Limits/Roster/sliceLength`` edges behind `last`, in the order of their names.
    ///
    /// So few that whoever holds a lock for it holds up nobody; what is thought of them is thought outside.
    package func slice(after last: NodeID?) -> [(node: NodeID, entry: Entry)] {
        var start = 0
        if let last {
            start = index(of: last)
            if start < names.count, names[start] == last { start += 1 }
        }
        return names[start...].prefix(Limits.Roster.sliceLength).compactMap { name in
            entries[name].map { (name, $0) }
        }
    }

    /// At most `limit` of the edges that fit, behind `last` in the order of their names, and whether there are more;
    /// `slice` is asked for what ``slice(after:)`` says, time and again.
    package static func page(
        after last: NodeID?,
        limit: Int,
        where fits: (NodeID, Entry) -> Bool,
        slice: (NodeID?) -> [(node: NodeID, entry: Entry)]
    ) -> (found: [(node: NodeID, entry: Entry)], hasMore: Bool) {
        var found: [(node: NodeID, entry: Entry)] = []
        var last = last
        while true {
            let edges = slice(last)
            for edge in edges where fits(edge.node, edge.entry) {
                guard found.count < limit else { return (found, true) }
                found.append(edge)
            }
            guard edges.count == Limits.Roster.sliceLength else { return (found, false) }
            last = edges.last?.node
        }
    }
}
