internal import MeshActors
internal import MeshQUIC
package import MeshTunnel
internal import MeshWire

extension Edge {
    /// How an edge beats.
    package struct Beats: Sendable {
        /// Its machine.
        package var source: any VitalsSource

        /// How often, and how long it waits.
        package var configuration = HeartbeatConfiguration()

        /// When it pre-warms its hub.
        package var thresholds = PreWarmThresholds()

        /// Beats with the vitals of `source`, as they usually are.
        package init(source: any VitalsSource) { self.source = source }
    }
}

/// The control stream to the hub that a tunnel leads to at that moment.
struct TunnelBeatChannel: BeatChannel {
    let transport: QUICTransport
    let tunnel: TunnelActor

    func send(_ frame: Frame) async -> Bool {
        guard let hub = tunnel.state.hub else { return false }
        return await transport.send(control: frame, to: hub)
    }
}
