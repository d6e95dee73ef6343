internal import MeshCore

/// Over how long a hub's edges shall spread their return: as long as the hub takes to admit them all.
package struct HerdPacing: Hashable, Sendable {
    /// Handshakes that the hub takes in a second, at least 1.
    package let admissionsPerSecond: Int

    /// No window is shorter: ``Limits/Tunnel/shortestPacing`` or more.
    package let shortest: Duration

    /// No window is longer: ``Limits/Tunnel/longestPacing`` or less.
    package let longest: Duration

    /// The pacing of a hub that admits so many.
    package init(
        admissionsPerSecond: Int,
        shortest: Duration = Limits.Tunnel.shortestPacing,
        longest: Duration = Limits.Tunnel.longestPacing
    ) {
        self.admissionsPerSecond = max(1, admissionsPerSecond)
        self.shortest = max(shortest, Limits.Tunnel.shortestPacing)
        self.longest = max(self.shortest, min(longest, Limits.Tunnel.longestPacing))
    }

    /// The window for a hub with `tunnels`.
    package func window(tunnels: Int) -> Duration {
        let milliseconds = max(0, tunnels).multipliedReportingOverflow(by: 1_000)
        guard !milliseconds.overflow else { return longest }
        return min(max(.milliseconds(milliseconds.partialValue / admissionsPerSecond), shortest), longest)
    }

    /// The same in milliseconds, as a probe's answer says it.
    package func windowMilliseconds(tunnels: Int) -> UInt32 {
        UInt32(clamping: window(tunnels: tunnels).wholeNanoseconds / 1_000_000)
    }
}
