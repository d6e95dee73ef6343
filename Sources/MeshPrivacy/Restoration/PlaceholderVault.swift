package import MeshCore

/// Where the map of a conversation is kept between its requests, encrypted: a port, for this module has no disk.
///
/// An implementation calls nothing back, keeps one map for each tenant and session, and may be called by several tasks
/// at once; for one session the calls come one after the other. What it writes to a disk is encrypted and authenticated
/// under a key that does not lie beside it. ``remove(tenant:session:)`` makes the map unreadable for good.
///
/// Its errors are those with `vault` in their names.
package protocol PlaceholderVault: Sendable {
    /// The record that was last stored; nil where there is none.
    ///
    /// One that is there and cannot be opened is an error: what it stood for must not be forgotten in silence.
    func load(tenant: TenantID, session: String) async throws(PrivacyError) -> PlaceholderRecord?

    /// Keeps a record in place of the one before; it is durable when this returns.
    func store(_ record: PlaceholderRecord, tenant: TenantID, session: String) async throws(PrivacyError)

    /// Forgets a conversation's map.
    func remove(tenant: TenantID, session: String) async throws(PrivacyError)
}
