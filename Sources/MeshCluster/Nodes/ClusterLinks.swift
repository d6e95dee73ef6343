internal import MeshCore
internal import MeshIO
internal import MeshProxy
internal import MeshTopology

/// The links between the edges and the hub: a proxy for each, but for those that are direct.
///
/// Confined to the cluster's loop. They are in the cluster's own process: no link outlives it.
final class ClusterLinks {
    private let loop: EventLoop
    private var proxies: [NodeID: UDPProxy] = [:]
    private var cut: Set<NodeID> = []
    /// Links that are not, or no longer, as the description says.
    private var changed: [NodeID: TopologyLink] = [:]

    init(on loop: EventLoop) { self.loop = loop }

    /// The address at which `edge` finds the hub that is at `hub`.
    func address(of edge: TopologyNode, hubAt hub: SocketAddress, seed: UInt64) throws(IOError) -> SocketAddress {
        guard !edge.link.isDirect else { return hub }
        if let proxy = proxies[edge.name] { return proxy.localAddress }
        let rule = Self.rule(changed[edge.name] ?? edge.link)
        let proxy = try UDPProxy(
            loop: loop,
            address: hub.family == .ipv4 ? .loopbackIPv4(port: 0) : .loopbackIPv6(port: 0),
            server: hub,
            rules: [.up: rule, .down: rule],
            // One edge, whose address may change.
            maximumClients: 64,
            seed: seed
        )
        proxies[edge.name] = proxy
        // What befell the link while there was none.
        if isCut(edge.name) { cut(edge.name) }
        return proxy.localAddress
    }

    /// Nothing goes over the link of `edge` any more.
    func cut(_ edge: NodeID) {
        cut.insert(edge)
        for direction in LinkDirection.allCases { proxies[edge]?.blackhole(direction) }
    }

    /// It does again.
    func heal(_ edge: NodeID) {
        cut.remove(edge)
        for direction in LinkDirection.allCases { proxies[edge]?.heal(direction) }
    }

    /// Whether nothing goes over the link of `edge`.
    func isCut(_ edge: NodeID) -> Bool { cut.contains(edge) }

    /// Every link that is cut is whole again.
    func healAll() { for edge in cut { heal(edge) } }

    /// The link of `edge` is such from now on.
    func change(_ edge: NodeID, to link: TopologyLink) {
        changed[edge] = link
        for direction in LinkDirection.allCases { proxies[edge]?.change(direction) { $0 = Self.rule(link) } }
    }

    /// Ends all of them.
    func close() {
        for proxy in proxies.values { proxy.close() }
        proxies = [:]
    }

    private static func rule(_ link: TopologyLink) -> LinkRule {
        var rule = LinkRule()
        rule.delay = link.latency
        rule.jitter = link.jitter
        rule.lostPerThousand = link.lostPerThousand
        rule.duplicatedPerThousand = link.duplicatedPerThousand
        rule.corruptedPerThousand = link.corruptedPerThousand
        rule.reorderedPerThousand = link.reorderedPerThousand
        rule.bytesPerSecond = link.bytesPerSecond
        return rule
    }
}
