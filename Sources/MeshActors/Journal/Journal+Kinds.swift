internal import MeshCore

extension Journal {
    /// Actors of `kind` behind `key` in the order of their keys, as many as one page has; empty at the end.
    ///
    /// Actors of all kinds stand in one order, those of a kind beside each other.
    package func actors(of kind: ActorKind, after key: String? = nil) async throws(JournalError) -> [ActorSummary] {
        // No key comes before this one, which is nobody's.
        guard let last = try? ActorAddress(kind, key ?? "\u{0}") else {
            throw JournalError(.corrupt, "no actor has such a key")
        }
        return try await Array(actors(after: last).prefix { $0.address.kind == kind })
    }
}
