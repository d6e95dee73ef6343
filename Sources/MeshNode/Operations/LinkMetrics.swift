internal import MeshCore
internal import MeshQUIC
internal import MeshTelemetry
internal import MeshWire

extension MetricGroup<LinkSummary> {
    /// What a transport and its links do.
    ///
    /// No series names a peer: a hub may have ten thousand edges, and a series for each would cost Prometheus more than
    /// it tells. Of figures that each link has its own of, the spread over all links is shown.
    func registerLinks() {
        gauge("links", "Links to other nodes that are open.") { $0.links }
        spread("link_round_trip", unit: .seconds, "Smoothed round trips, over the links that are open.") {
            $0.roundTrips
        }
        spread("link_congestion_window", unit: .bytes, "Congestion windows, over the links that are open.") {
            $0.congestionWindows
        }
        gauge("link_in_flight", unit: .bytes, "Bytes that are under way on all links.") { $0.bytesInFlight }
        gauge("link_streams", "Streams that are open on all links.") { $0.streams }
        gauge("link_requests_waiting", "Requests that wait for a stream of their link.") { $0.requestsWaiting }
        let totals = part(\.totals)
        totals.counter("link_packets_received", "UDP payloads that arrived on links.") { $0.packetsReceived }
        totals.counter("link_packets_sent", "UDP payloads that left on links.") { $0.packetsSent }
        totals.counter("link_packets_lost", "Packets with bytes of streams that were taken for lost.") {
            $0.packetsLost
        }
        totals.counter("link_received", unit: .bytes, "Bytes of streams that arrived on links.") { $0.bytesReceived }
        totals.counter("link_written", unit: .bytes, "Bytes of streams that were written on links.") { $0.bytesWritten }
        totals.counter("link_streams_opened", "Streams of links that either side has opened.") { $0.streams }
        totals.counter("link_datagrams_dropped", "Datagrams that were dropped before they left.") {
            $0.datagramsDropped
        }
        registerFrames()
    }

    private func registerFrames() {
        several(.counter, "frames", "Frames by direction and type.", labels: ["direction", "type"]) { found in
            [("read", found.framesRead), ("written", found.framesWritten)].flatMap { direction, tally in
                FrameRegistration.all.map { CollectedSample(tally[$0.type], direction, $0.name) }
                    + [CollectedSample(tally.unknown, direction, "unknown")]
            }
        }
    }

    /// `min`, `p50`, `p90`, `p99` and `max` of figures of which each link has one.
    private func spread(
        _ name: String,
        unit: MetricUnit,
        _ help: String,
        _ value: @escaping @Sendable (LinkSummary) -> Distribution
    ) {
        several(.gauge, name, unit: unit, help, labels: ["stat"]) { found in
            let distribution = value(found)
            let stats = [
                ("min", distribution.smallest), ("p50", distribution.percentile(50)),
                ("p90", distribution.percentile(90)), ("p99", distribution.percentile(99)),
                ("max", distribution.largest),
            ]
            return stats.compactMap { name, value in value.map { CollectedSample($0, values: [name]) } }
        }
    }

    /// What the endpoint does with connections.
    func registerEndpoint() {
        gauge("quic_connections", "QUIC connections, those that begin and those that close included.") {
            $0.connections
        }
        gauge("quic_handshakes_under_way", "Handshakes with clients that have not ended.") { $0.handshakesUnderWay }
        gauge("quic_unread", unit: .bytes, "Bytes written that no peer has acknowledged.") { $0.unreadBytes }
        counter("quic_socket_overflows", "Datagrams that the kernel dropped before they were fetched.") {
            UInt64(clamping: $0.overflows)
        }
        let endpoint = part(\.endpoint)
        endpoint.counter("quic_handshakes", "Handshakes that clients have begun.") { $0.handshakes }
        endpoint.counter("quic_stray_packets", "Packets that belong to no connection.") { $0.stray }
        endpoint.counter("quic_stateless_resets", "Stateless resets that were sent.") { $0.resets }
        endpoint.several(
            .counter,
            "quic_refusals",
            "What clients were refused before anybody knew who they are, by why.",
            labels: ["reason"]
        ) { found in
            [
                CollectedSample(found.retries, "address_not_proven"), CollectedSample(found.refused, "no_room"),
                CollectedSample(found.handshakesEnded, "gave_way"), CollectedSample(found.unanswered, "not_answered"),
                CollectedSample(found.unreadClosed, "not_reading"),
            ]
        }
    }
}
