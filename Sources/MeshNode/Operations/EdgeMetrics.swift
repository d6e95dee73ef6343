internal import MeshActors
internal import MeshCore
internal import MeshIdentity
internal import MeshQUIC
internal import MeshTelemetry
internal import MeshTunnel

/// What metrics tell of an edge, as it was at one moment.
struct EdgeReading: NodeReading {
    let node: NodeMetrics.Reading
    let links: LinkSummary
    let actors: ActorStatistics
    let tunnel: TunnelStatistics
    let beats: HeartbeatActor.Statistics?
    let certificateLeft: Duration
}

/// The metrics of an edge.
enum EdgeMetrics {
    /// Has `registry` show what `gather` finds.
    static func register(
        in registry: MetricRegistry,
        startedAt: WallTime,
        clock: any Clock,
        _ gather: @escaping @Sendable () async -> EdgeReading?
    ) {
        let group = MetricGroup(in: registry, of: .edge, startedAt: startedAt, clock: clock, gather)
        group.part(\.links).registerLinks()
        group.part(\.actors).registerActors()
        group.part(\.tunnel).registerTunnel()
        group.part(\.beats).registerOwnBeats()
        group.gauge(
            "certificate_remaining",
            "Time that the node's certificate counts still.",
            time: {
                $0.certificateLeft
            }
        )
    }
}

extension EdgeService {
    /// What metrics tell of it now; `node` is what was found of the node itself.
    func reading(_ node: NodeMetrics.Reading) async -> EdgeReading {
        EdgeReading(
            node: node,
            links: await edge.transport.summary(),
            actors: edge.node.statistics,
            tunnel: await edge.tunnel.statistics(),
            beats: await edge.beats?.statistics,
            certificateLeft: certificateEnd.withLock { $0 }.since(node.now)
        )
    }
}
