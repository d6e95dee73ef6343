internal import MeshAPI
internal import MeshCore
internal import MeshGateway
internal import MeshQUIC
internal import MeshTunnel
internal import MeshVitals

/// The edges of a hub: who they are by its roster, how they fare by their beats, how far away by its transport.
struct HubNodes: NodeDirectory {
    let service: @Sendable () -> HubService?
    let clock: any Clock

    func nodes(_ query: NodeQuery) async -> NodesDocument? {
        guard let hub = service()?.hub else { return nil }
        let fits = { (node: NodeID, entry: EdgeRoster.Entry) -> Bool in
            guard entry.connection.labels.contains(query.labels) else { return false }
            return query.state.map { $0 == state(of: entry, hub.beats.entry(of: node)) } ?? true
        }
        let slice = { (last: NodeID?) in hub.tunnels.withRoster { $0.slice(after: last) } }
        let (found, hasMore) = EdgeRoster.page(after: query.after, limit: query.limit, where: fits, slice: slice)
        let paths = await hub.transport.paths(to: found.filter(\.entry.isConnected).map(\.node))
        let nodes = found.map { document($0.entry, hub.beats.entry(of: $0.node), paths[$0.node]) }
        return NodesDocument(nodes: nodes, next: hasMore ? found.last?.node.text : nil)
    }

    func node(_ node: NodeID) async -> NodeDocument? {
        guard let hub = service()?.hub, let entry = hub.tunnels.withRoster({ $0.entry(of: node) }) else { return nil }
        let path = entry.isConnected ? await hub.transport.paths(to: [node])[node] : nil
        return document(entry, hub.beats.entry(of: node), path)
    }

    private func state(of entry: EdgeRoster.Entry, _ beats: EdgeVitals.Entry?) -> NodeDocument.State {
        guard entry.isConnected else { return .gone }
        if entry.isDraining { return .draining }
        return beats?.watch.isSuspected == true ? .suspected : .connected
    }

    private func document(
        _ entry: EdgeRoster.Entry,
        _ beats: EdgeVitals.Entry?,
        _ path: PathStatistics?
    ) -> NodeDocument {
        let (connection, now) = (entry.connection, clock.wallTime)
        let since = entry.departure?.at ?? entry.since
        var document = NodeDocument(
            node: connection.identity.node.text,
            tenant: connection.identity.tenant.text,
            state: state(of: entry, beats),
            since: since.description,
            sinceSeconds: max(.zero, now.after(since)).roundedSeconds,
            address: connection.address,
            software: connection.software,
            labels: Dictionary(uniqueKeysWithValues: connection.labels.all.map { ($0.name, $0.value) }),
            certificateEnds: connection.certificateEnd.description,
            certificateSeconds: connection.certificateEnd.after(now).roundedSeconds,
            arrivals: Int64(clamping: entry.arrivals),
            relinks: Int64(clamping: entry.relinks),
            isResumed: connection.isResumed
        )
        document.roundTrip = path.map { path in
            NodeDocument.RoundTrip(
                smoothedMilliseconds: path.smoothedRoundTrip.roundedMilliseconds,
                shortestMilliseconds: path.shortestRoundTrip.roundedMilliseconds,
                latestMilliseconds: path.latestRoundTrip.roundedMilliseconds
            )
        }
        document.beats = beats.map { beats in
            NodeDocument.Beats(
                lastAt: beats.seenAt.description,
                lastSeconds: (clock.now - beats.watch.lastBeat).roundedSeconds,
                sequence: Int64(clamping: beats.sequence),
                intervalSeconds: beats.watch.interval.roundedSeconds,
                received: Int64(clamping: beats.watch.counts.received),
                lost: Int64(clamping: beats.watch.counts.lost),
                late: Int64(clamping: beats.watch.counts.late),
                clockAheadMilliseconds: beats.watch.skewMilliseconds
            )
        }
        document.vitals = beats?.vitals
        document.departure = entry.departure.map { departure in
            NodeDocument.Departure(
                at: departure.at.description,
                reason: departure.reason,
                isDrained: departure.isDrained
            )
        }
        return document
    }
}

extension WallTime {
    /// How long after `earlier` it is; below zero where it is before.
    func after(_ earlier: WallTime) -> Duration {
        let (milliseconds, overflow) = millisecondsSince1970.subtractingReportingOverflow(earlier.millisecondsSince1970)
        return .milliseconds(overflow ? (self < earlier ? Int64.min : Int64.max) : milliseconds)
    }
}
