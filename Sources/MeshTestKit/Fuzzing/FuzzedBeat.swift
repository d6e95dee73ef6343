internal import MeshCore
internal import MeshTunnel
internal import MeshVitals

/// The target `beat`: what an edge sends its hub, any bytes in place of its JSON.
enum FuzzedBeat {
    /// What is taken keeps its bounds, is told again as it was heard, and leaves the hub's account of the edge whole.
    static func check(_ input: UnsafeRawBufferPointer) {
        guard let beat = try? Beat(json: Array(input)) else { return }
        precondition(beat.sequence > 0, "a beat has a number from 1")
        precondition(beat.vitals.graphics.count <= Limits.Vitals.maximumGraphics, "cards have a bound")
        precondition(beat.vitals.loadedModels.count <= Limits.Vitals.maximumLoaded, "models have a bound")
        precondition((beat.interval ?? .zero) <= Limits.Beat.longestInterval, "an interval has a bound")
        let parts = [beat.vitals.processorLoad, beat.vitals.batteryCharge] + beat.vitals.graphics.map(\.load)
        precondition(parts.allSatisfy { (0...1).contains($0 ?? 0) }, "a part is one")
        // Rounded once it stays as it is.
        guard let again = try? Beat(json: beat.json), let thrice = try? Beat(json: again.json) else {
            preconditionFailure("our own beat is refused")
        }
        precondition(again == thrice && again.sequence == beat.sequence, "a beat changes on its way")
        keep(beat)
    }

    /// The same beat again and again, over links that come and go.
    private static func keep(_ beat: Beat) {
        var edges = EdgeVitals(maximumEdges: 1)
        let wall = WallTime(millisecondsSince1970: 1_795_248_000_000)
        for (index, link) in [UInt64(1), 1, 3, 2, 4].enumerated() {
            let now = Instant.origin + .seconds(Int64(index) * 40)
            precondition(edges.received(beat, link: link, now: now, wallTime: wall) != nil, "there is room for one")
            if index == 2 { edges.linkClosed(of: beat.device, link: 3) }
            _ = edges.deadlineReached(now: now + .seconds(20))
        }
        let counts = edges.counts
        precondition(
            counts.received == 5 && counts.duplicates + counts.outOfOrder + counts.restarts == 4,
            "each counts"
        )
        precondition(edges.suspectedCount <= 1 && edges.count == 1, "one edge is one")
    }
}
