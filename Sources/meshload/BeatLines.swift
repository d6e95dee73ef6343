internal import MeshCore
internal import MeshJSON
internal import MeshNode
internal import MeshTunnel
internal import MeshVitals

/// What beats have come to, for tests.
enum BeatLines {
    static func hub(_ beats: HubBeats) -> String {
        let (found, counts) = (beats.beatCounts, beats.counts)
        return JSONLine([
            ("edges", beats.nodes.count), ("received", Int(clamping: found.received)),
            ("lost", Int(clamping: found.lost)), ("late", Int(clamping: found.late)),
            ("duplicates", Int(clamping: found.duplicates)), ("out_of_order", Int(clamping: found.outOfOrder)),
            ("restarts", Int(clamping: found.restarts)), ("suspected", beats.suspectedCount),
            ("dropped", Int(clamping: counts.dropped)), ("closed", Int(clamping: counts.closed)),
            ("pre_warms", Int(clamping: counts.preWarms)),
        ]).text
    }

    static func vitals(_ name: String, _ beats: HubBeats) -> String {
        guard let node = try? NodeID(name), let entry = beats.entry(of: node) else { return "{}" }
        var object = JSONObject()
        object["sequence"] = .integer(Int64(clamping: entry.sequence))
        object["skew_milliseconds"] = .integer(entry.watch.skewMilliseconds)
        object["suspected"] = .bool(entry.watch.isSuspected)
        object["history"] = .integer(Int64(entry.history.points.count))
        object["vitals"] = entry.vitals.json
        return JSONWriter.text(of: .object(object))
    }

    static func edges(_ fleet: [BookingEdge]) async -> String {
        var (sum, worst, preWarms) = (HeartbeatCounts(), Duration.zero, UInt64(0))
        for edge in fleet {
            guard let found = await edge.edge.beats?.statistics else { continue }
            sum.sent += found.beats.sent
            sum.acknowledged += found.beats.acknowledged
            sum.late += found.beats.late
            sum.lost += found.beats.lost
            sum.coalesced += found.beats.coalesced
            sum.withoutVitals += found.beats.withoutVitals
            worst = max(worst, found.beats.lastRoundTrip ?? .zero)
            preWarms += found.preWarms
        }
        return JSONLine([
            ("sent", Int(sum.sent)), ("acknowledged", Int(sum.acknowledged)), ("late", Int(sum.late)),
            ("lost", Int(sum.lost)), ("coalesced", Int(sum.coalesced)), ("without_vitals", Int(sum.withoutVitals)),
            ("worst_last_round_trip_us", Int(worst.wholeNanoseconds / 1_000)), ("pre_warms", Int(preWarms)),
        ]).text
    }
}
