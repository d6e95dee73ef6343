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
    /// News may overtake each other: of two the one with the later revocation counts; about the same one, the keys of
    /// both do.
    @discardableResult
    package mutating func apply(_ revocation: Revocation) -> Bool {
        guard let known = revocations[revocation.identity], known.since <= revocation.since else {
            let isNew = revocations[revocation.identity] == nil
            if isNew { revocations[revocation.identity] = revocation }
            return isNew
        }
        var next = revocation
        if known.since == revocation.since {
            next = known
            next.join(revocation)
        }
        revocations[revocation.identity] = next
        return Set(next.keys) != Set(known.keys) || next.since != known.since
    }

    /// How many identities are in it; the list bounds them.
    package var count: Int { revocations.count }
}
