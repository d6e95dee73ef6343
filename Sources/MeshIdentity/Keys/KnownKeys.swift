package import MeshCore

/// What a node knows of all ``KeyRing``s, asked for every request that shows a key.
///
/// A value without a clock. Its rings bound it.
package struct KnownKeys: Sendable {
    /// A key and whose it is.
    package struct Entry: Hashable, Sendable {
        /// On whose behalf.
        package let tenant: TenantID
        /// The key.
        package let record: KeyRecord
    }

    private var entries: [KeyID: Entry] = [:]

    /// None.
    package init() {}

    /// What comes of showing a key.
    package enum Verdict: Hashable, Sendable {
        /// It counts.
        case known(Caller)
        /// It is none of ours, or was taken back: which of both is nobody's business.
        case unknown
        /// It is ours, and its time is over.
        case expired
    }

    /// Who shows `key`, at `now`.
    ///
    /// Whether the secret is right is settled in a time that does not depend on where it differs. Whether an id is
    /// known may show in the time: it is no secret.
    package func verdict(on key: APIKey, now: WallTime) -> Verdict {
        guard let entry = entries[key.id], entry.record.digest.isSame(as: key.digest) else { return .unknown }
        switch entry.record.state(at: now) {
        case .valid: return .known(entry.record.caller(of: entry.tenant))
        case .expired: return .expired
        case .revoked: return .unknown
        }
    }

    /// Takes in how a key of `tenant` stands; news may overtake each other, and what was taken back stays so.
    package mutating func apply(_ record: KeyRecord, of tenant: TenantID) {
        if let known = entries[record.id], known.record.revoked != nil, record.revoked == nil { return }
        entries[record.id] = Entry(tenant: tenant, record: record)
    }

    /// Puts `records` in place of all that is known of `tenant`; what was taken back meanwhile stays so.
    package mutating func replace(with records: [KeyRecord], of tenant: TenantID) {
        let old = entries
        entries = entries.filter { $0.value.tenant != tenant }
        for record in records {
            if let known = old[record.id], known.tenant == tenant { entries[record.id] = known }
            apply(record, of: tenant)
        }
    }

    /// Whether a key has that id.
    package func contains(_ id: KeyID) -> Bool { entries[id] != nil }

    /// All, or those of `tenant`, the oldest first.
    package func list(of tenant: TenantID? = nil) -> [Entry] {
        entries.values
            .filter { tenant == nil || $0.tenant == tenant }
            .sorted { ($0.record.created, $0.record.id) < ($1.record.created, $1.record.id) }
    }

    /// How many there are.
    package var count: Int { entries.count }
}
