internal import MeshTelemetry
internal import MeshTunnel

extension MetricGroup<EdgeVitals.Totals> {
    /// The beats that a hub gets.
    func registerBeats() {
        counter("beats_received", "Beats of edges that came.") { $0.received }
        counter("beats_missed", "Beats that had not come when a later one did.") { $0.missed }
        counter("beats_late", "Beats that came after too long a silence.") { $0.late }
        counter("beats_out_of_order", "Beats that came behind a later one.") { $0.outOfOrder }
        counter("beats_duplicate", "Beats that had come already.") { $0.duplicates }
        counter("beats_not_kept", "Beats of edges for whose vitals there was no room.") { $0.unkept }
        counter("beat_restarts", "Times that an edge began to count its beats anew.") { $0.restarts }
        counter("edge_suspicions", "Times that an edge fell silent over an open tunnel.") { $0.suspicions }
    }
}

extension MetricGroup<HubBeats.Counts> {
    /// What a hub does not take of its edges, and what it makes ready for them.
    func registerBudgets() {
        counter("beats_dropped", "Beats and pre-warms of edges that sent too many.") { $0.dropped }
        counter("beat_links_closed", "Links that were closed because too much came on them.") { $0.closed }
        counter("pre_warms", "Wishes of edges to make work ready that were taken.") { $0.preWarms }
        counter("pre_warms_left_out", "Wishes that wait already, or for which there was no room.") {
            $0.preWarmsLeftOut
        }
    }
}

extension MetricGroup<HeartbeatActor.Statistics> {
    /// The beats that an edge sends.
    func registerOwnBeats() {
        counter("beats_sent", "Beats that were sent, each with the next number.") { $0.beats.sent }
        several(
            .counter,
            "beats_ended",
            "What became of beats: acknowledged in time, late, or lost.",
            labels: ["outcome"]
        ) { found in
            [
                CollectedSample(found.beats.acknowledged, "acknowledged"), CollectedSample(found.beats.late, "late"),
                CollectedSample(found.beats.lost, "lost"),
            ]
        }
        counter("beats_overdue", "Beats whose acknowledgement was overdue at some time.") { $0.beats.overdue }
        counter("beats_without_vitals", "Beats that were sent without vitals, which did not come in time.") {
            $0.beats.withoutVitals
        }
        gauge(
            "beat_round_trip",
            "Time that the last acknowledged beat took, there and back.",
            time: {
                $0.beats.lastRoundTrip
            }
        )
        counter("pre_warms_sent", "Times that the edge has told its hub to make work ready.") { $0.preWarms }
    }
}
