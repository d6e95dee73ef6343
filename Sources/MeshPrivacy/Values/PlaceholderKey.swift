package import MeshCore

/// By which the placeholders of one conversation are made: another tenant or session, other placeholders.
///
/// Whoever has no key cannot tell which placeholder a value has, nor whether two conversations share one.
package struct PlaceholderKey: Sendable {
    private let key: TokenKey

    /// The key of a tenant's session, from a secret that never leaves the edge.
    package init(secret: TokenKey, tenant: TenantID, session: String) {
        let name = Array(tenant.text.utf8)
        let message = Array("meshnode placeholders 1".utf8) + [0] + name + [0] + Array(session.utf8)
        let code = secret.withBytes { HMACSHA256.code(for: message, key: $0).bytes }
        guard let key = code.withUnsafeBytes({ TokenKey(copying: $0) }) else {
            preconditionFailure("a key is as long as a hash")
        }
        self.key = key
    }

    /// The body of the placeholder for an original; a further attempt gives another.
    func body(_ kind: PersonalKind, _ original: String, attempt: UInt8) -> UInt64 {
        let message = [UInt8(kind.number), attempt] + Array(original.utf8)
        let digest = key.withBytes { HMACSHA256.code(for: message, key: $0).bytes }
        return digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension PlaceholderKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "a key of placeholders" }

    /// Empty, so that no dump shows where it is.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
