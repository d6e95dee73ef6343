package import MeshCore

/// What a node knows of ``RevocationList``, asked at every handshake and every resumption.
///
/// A value without a clock: whoever is not in it may come in, by whatever certificate counts.
package struct AdmissionList: Hashable, Sendable {
    private var revocations: [NodeIdentity: Revocation] = [:]

    /// Nobody is out.
    package init() {}

    /// Whether somebody may come in.
    package enum Verdict: Hashable, Sendable {
        case admitted
        /// Put out, for that reason.
        case revoked(Revocation)
    }

    /// Whether `identity` may come in by the key `keyID`.
    package func verdict(_ identity: NodeIdentity, keyID: SHA256Digest) -> Verdict {
        guard let revocation = revocations[identity], !revocation.keys.contains(keyID) else { return .admitted }
        return .revoked(revocation)
    }

    /// Takes in how an identity stands; true where that was not known.
    ///
    /// News may overtake each other: of two the one with the later revocation counts, then the one with other keys.
    @discardableResult
    package mutating func apply(_ revocation: Revocation) -> Bool {
        if let known = revocations[revocation.identity], known.since > revocation.since || known == revocation {
            return false
        }
        revocations[revocation.identity] = revocation
        return true
    }

    /// How many identities are in it; the list bounds them.
    package var count: Int { revocations.count }
}
