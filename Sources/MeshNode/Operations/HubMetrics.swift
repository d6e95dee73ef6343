internal import MeshHTTP
internal import MeshTelemetry
internal import MeshTunnel

extension MetricRegistry {
    /// The numbers of `hub`, read when somebody asks.
    func collect(_ hub: Hub) {
        collectProcess { ProcessReader.read() }
        read(.gauge, "tunnels_connected", "Tunnels that are open.") { Int64(hub.tunnels.count) }
        read(.gauge, "edges_known", "Edges of which vitals are kept.") { Int64(hub.beats.accountCount) }
        read(.gauge, "edges_suspected", "Edges that are silent over an open tunnel.") {
            Int64(hub.beats.suspectedCount)
        }
        read(.counter, "beats_received", "Beats that came.") { Int64(clamping: hub.beats.beatCounts.received) }
        read(.counter, "beats_lost", "Beats that never came.") { Int64(clamping: hub.beats.beatCounts.lost) }
        read(.counter, "beats_dropped", "Beats of edges that beat too fast.") {
            Int64(clamping: hub.beats.counts.dropped)
        }
        read(.counter, "pre_warms", "Wishes of edges to make work ready.") {
            Int64(clamping: hub.beats.counts.preWarms)
        }
    }

    private func read(
        _ kind: MetricDescription.Kind,
        _ name: String,
        _ help: String,
        _ value: @escaping @Sendable () -> Int64
    ) {
        let description = MetricDescription(kind, "mesh_" + name, unit: .count, help: help, labels: [])
        collect(description) { [CollectedSample(value())] }
    }
}
