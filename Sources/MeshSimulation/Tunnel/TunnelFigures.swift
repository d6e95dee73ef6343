internal import MeshCore

/// What is counted in a world of tunnels.
package struct TunnelFigures: SeededFigures {
    /// Links that answered, of all tunnels.
    package var connections = UInt64(0)

    /// Times that tunnels came back after a loss.
    package var reconnects = UInt64(0)

    /// Links that were replaced before they ended.
    package var replacements = UInt64(0)

    /// How long after the last fault every tunnel was connected, at most.
    package var recovery = Duration.zero

    /// The most dials of a herd in one second.
    package var mostDials = 0

    /// Nothing yet.
    package init() {}

    package mutating func add(_ other: TunnelFigures) {
        connections += other.connections
        reconnects += other.reconnects
        replacements += other.replacements
        recovery = max(recovery, other.recovery)
        mostDials = max(mostDials, other.mostDials)
    }

    package func lines(events: Int) -> [String] {
        [
            "links: \(connections), after a loss \(reconnects), in place of another \(replacements); "
                + "\(events) events checked",
            "longest recovery \(recovery.shortText); most dials of a herd of \(Limits.TunnelWorld.herd) "
                + "in a second: \(mostDials)",
        ]
    }

    package var fields: [JSONField] {
        [
            JSONField("links", connections), JSONField("reconnects", reconnects),
            JSONField("replacements", replacements), JSONField(milliseconds: "longest_recovery_ms", recovery),
            JSONField("most_dials_a_second", mostDials),
        ]
    }
}
