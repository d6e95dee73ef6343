internal import MeshCore
internal import MeshTelemetry
internal import MeshTunnel

extension MetricGroup<TunnelStatistics> {
    /// An edge's tunnel.
    func registerTunnel() {
        state("tunnel_state", "How the tunnel stands: 1 for the state that it is in.") { $0.state.phase }
        registerCounts()
        several(
            .gauge,
            "tunnel_round_trip",
            unit: .seconds,
            "Smoothed round trip to the hub that the tunnel leads to.",
            labels: ["hub"]
        ) { found in
            found.state.hub.map { [CollectedSample(found.figures.roundTrip.wholeNanoseconds, values: [$0.text])] } ?? []
        }
        several(
            .gauge,
            "tunnel_congestion_window",
            unit: .bytes,
            "Congestion window towards the hub that the tunnel leads to.",
            labels: ["hub"]
        ) { found in
            found.state.hub.map { [CollectedSample(Int64(found.figures.congestionWindow), values: [$0.text])] } ?? []
        }
        gauge(
            "tunnel_probe_duration",
            "Time that the hub's actors took to answer the last probe.",
            time: {
                $0.lastProbeTime
            }
        )
        gauge("tunnel_uptime", "Time since the tunnel was connected, without a break.", time: { $0.uptime })
        counter("tunnel_connected", "Time that the tunnel was connected.", time: { $0.timeConnected })
        counter("tunnel_wanted", "Time that somebody wanted it to be connected.", time: { $0.timeWanted })
    }

    private func registerCounts() {
        counter("tunnel_attempts", "Attempts to make a link.") { $0.attempts }
        counter("tunnel_connections", "Links that a hub's actors answered over.") { $0.connections }
        counter("tunnel_reconnects", "Times that the tunnel came back after a loss.") { $0.reconnects }
        counter("tunnel_replacements", "Links that another took the place of before they ended.") { $0.replacements }
        counter("tunnel_resumptions", "Links that were resumed with a ticket.") { $0.resumptions }
        counter("tunnel_migrations", "Times that links went on from another address.") { $0.migrations }
        several(
            .counter,
            "tunnel_probes",
            "Questions to the hub's actors whether they live, by what came of them.",
            labels: ["outcome"]
        ) { found in
            [CollectedSample(found.probesAnswered, "answered"), CollectedSample(found.probesMissed, "missed")]
        }
    }
}
