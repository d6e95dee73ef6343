package import MeshCore

/// The subject of a ``SessionID``.
package enum SessionSubject: IdentifierSubject {
    package static let noun = "session"
}

/// The name of a session, unique among those of its owner.
package typealias SessionID = Identifier<SessionSubject>

/// Whose conversations: a tenant's on a hub, or those that are kept on one edge of a tenant.
package struct SessionOwner: Hashable, Sendable {
    /// The tenant.
    package let tenant: TenantID

    /// The edge on which they are kept; nil on a hub.
    package let edge: NodeID?

    /// The conversations of `tenant`, and of one edge where it is named.
    package init(tenant: TenantID, edge: NodeID? = nil) {
        self.tenant = tenant
        self.edge = edge
    }

    /// The key of the owner's ``SessionIndex``: `acme/laptop-7`, `acme/`.
    package var text: String { "\(tenant.text)/\(edge?.text ?? "")" }
}

/// Which session: the key of a ``Session``.
///
/// It is made of what has been authenticated and of the session's name, so that no name reaches another's conversation.
package struct SessionKey: Hashable, Sendable {
    /// Whose it is.
    package let owner: SessionOwner

    /// What its owner calls it.
    package let id: SessionID

    /// The session `id` of `owner`.
    package init(owner: SessionOwner, id: SessionID) {
        self.owner = owner
        self.id = id
    }

    /// As an actor's key: `acme/laptop-7/trip`.
    package var text: String { "\(owner.text)/\(id.text)" }

    /// The key that `text` spells; nil where it spells none.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let tenant = try? TenantID(parts[0]), let id = try? SessionID(parts[2]) else {
            return nil
        }
        guard !parts[1].isEmpty else {
            self.init(owner: SessionOwner(tenant: tenant), id: id)
            return
        }
        guard let edge = try? NodeID(parts[1]) else { return nil }
        self.init(owner: SessionOwner(tenant: tenant, edge: edge), id: id)
    }
}
