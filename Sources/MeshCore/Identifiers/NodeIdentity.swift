/// Who a node is, as its certificate says: `spiffe://mesh/<tenant>/<role>/<id>`.
///
/// One spelling per identity: no percent-encoding, no upper case, no query, no trailing slash. What is not exactly of
/// this form is no identity, so that two readers can never disagree about whom a certificate names.
package struct NodeIdentity: Hashable, Sendable {
    /// The boundary that the node belongs to.
    package let tenant: TenantID

    /// What the node does.
    package let role: NodeRole

    /// The node's name.
    package let node: NodeID

    /// The identity of `node`, which is of `tenant` and does `role`.
    package init(tenant: TenantID, role: NodeRole, node: NodeID) {
        self.tenant = tenant
        self.role = role
        self.node = node
    }

    /// The identity that `text` spells, or an error that says what is wrong with it.
    package init(_ text: String) throws(CoreError) {
        guard text.utf8.count <= Limits.Identity.maximumBytes else {
            let limit = Limits.Identity.maximumBytes
            throw Self.malformed("has at most \(limit) bytes, not \(text.utf8.count)")
        }
        guard text.utf8.starts(with: Self.prefix.utf8) else { throw Self.malformed("begins with '\(Self.prefix)'") }
        // By bytes: as characters, a slash and what combines with it would be one.
        let segments = text.utf8.dropFirst(Self.prefix.utf8.count)
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard segments.count == 3 else { throw Self.malformed("has three parts: tenant, role and node") }
        guard let word = String(segments[1]), let role = NodeRole(rawValue: word) else {
            throw Self.malformed("has the role 'edge' or 'hub'")
        }
        do {
            tenant = try TenantID(String(segments[0]) ?? "")
            node = try NodeID(String(segments[2]) ?? "")
        } catch {
            throw Self.malformed("is made of ids: \(error.message)", cause: error)
        }
        self.role = role
    }

    /// The one spelling.
    package var text: String { "\(Self.prefix)\(tenant)/\(role.rawValue)/\(node)" }

    private static func malformed(_ rule: String, cause: CoreError? = nil) -> CoreError {
        CoreError(.malformedIdentity, "a node's identity \(rule)", cause: cause)
    }

    private static let prefix = "spiffe://mesh/"
}

extension NodeIdentity: CustomStringConvertible {
    package var description: String { text }
}
