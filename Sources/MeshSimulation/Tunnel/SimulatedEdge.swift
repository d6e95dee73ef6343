internal import MeshActors
internal import MeshCore
internal import MeshTestKit
internal import MeshTunnel

/// One edge: the shipped tunnel over simulated ports, and one who watches it.
struct SimulatedEdge: Sendable {
    let id: NodeID
    let tunnel: TunnelActor
    let ports: SimulatedEdgePorts
    private let history: TunnelHistory

    init(
        _ id: NodeID,
        plan: TunnelPlan,
        hubs: [SimulatedHub],
        network: TunnelNetwork,
        generator: SeededGenerator
    ) throws(TunnelError) {
        self.id = id
        history = network.history
        ports = SimulatedEdgePorts(id, hubs: hubs, network: network)
        let silent = Logger(sink: VolatileLogSink(), clock: network.clock, minimumLevel: .error)
        tunnel = try TunnelActor(
            to: Self.configured(hubs, plan.naming),
            resolver: ports,
            dialler: ports,
            probe: ports,
            clock: network.clock,
            generator: generator,
            logger: silent,
            configuration: plan.configuration
        )
    }

    private static func configured(
        _ hubs: [SimulatedHub],
        _ naming: TunnelPlan.Naming
    ) throws(TunnelError) -> [ConfiguredHub] {
        switch naming {
        case .announcedName: return [ConfiguredHub(try HubAddress("mesh.sim"))]
        case .hostsAndPorts:
            var configured: [ConfiguredHub] = []
            for (index, hub) in hubs.enumerated() {
                configured.append(ConfiguredHub(try HubAddress(hub.place), priority: UInt16(index)))
            }
            return configured
        case .addresses: return hubs.map { ConfiguredHub(HubAddress(host: .address($0.address))) }
        }
    }

    /// Runs the tunnel until the calling task is cancelled, and looks whether anything is left of it.
    func run() async {
        await tunnel.run()
        history.checkGone(id)
    }

    /// Tells what the tunnel says.
    func watch() async {
        for await state in tunnel.states { history.published(state, by: id) }
    }
}
