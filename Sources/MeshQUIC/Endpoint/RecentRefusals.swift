package import MeshCore

/// Clients that were refused a moment ago, by the id that they have made up.
///
/// A first flight is often two packets. The second must neither book another moment to come again, nor begin a
/// handshake whose first half is missing.
package struct RecentRefusals<ID: Equatable> {
    private var entries: [(id: ID, until: Instant)] = []
    private var oldest = 0

    /// Nobody yet.
    package init() {}

    /// Whether the client of `id` was refused a moment ago.
    package func contains(_ id: ID, at now: Instant) -> Bool {
        entries.contains { $0.until > now && $0.id == id }
    }

    /// Keeps the client of `id` in mind for a moment.
    ///
    /// Beyond ``Limits/Endpoint/rememberedRefusals`` the oldest is forgotten.
    package mutating func add(_ id: ID, at now: Instant) {
        let entry = (id: id, until: now + Limits.Endpoint.refusalMoment)
        if entries.count < Limits.Endpoint.rememberedRefusals {
            entries.append(entry)
        } else {
            entries[oldest] = entry
            oldest = (oldest + 1) % entries.count
        }
    }
}
