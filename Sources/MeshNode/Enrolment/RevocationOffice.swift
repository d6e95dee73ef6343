package import MeshActors
package import MeshCore
package import MeshIdentity

/// Puts identities out of the mesh, and keeps what handshakes ask in step with the journal.
///
/// A revocation is durable first, then seen by every handshake and every resumption, then live links are cut; only then
/// does ``revoke(_:reason:)`` return. Nobody is let in again here but by ``readmit(_:keyID:tokenIssued:)``, for a new
/// token.
package struct RevocationOffice: Sendable {
    private let list: ActorReference<JournaledActor<RevocationList>>
    private let admission: AdmissionVerifier
    private let cutLinks: @Sendable () async -> Void

    /// An office on `node`, which hosts ``RevocationList``.
    ///
    /// `cutLinks` has the transport check its peers again (`QUICTransport.recheckPeers`) and returns when those are cut
    /// that are believed no more.
    package init(
        node: ActorNode,
        admission: AdmissionVerifier,
        cutLinks: @escaping @Sendable () async -> Void
    ) throws(ActorError) {
        list = try node.actor(RevocationList.self, RevocationList.key)
        self.admission = admission
        self.cutLinks = cutLinks
    }

    /// Reads all revocations; before any listener opens.
    package func load() async throws(CallFailure<NoRefusal>) {
        var after: NodeIdentity?
        repeat {
            let page = try await list.call(RevocationList.List(after: after))
            for revocation in page { admission.apply(revocation) }
            after = page.last?.identity
        } while after != nil
    }

    /// Puts `identity` out with all its keys, and cuts its links; for an order that waited, as of when it was given.
    package func revoke(
        _ identity: NodeIdentity,
        reason: String,
        ordered: WallTime? = nil
    ) async throws(CallFailure<RevocationList.Refusal>) -> Revocation {
        let revocation = try await list.call(
            RevocationList.Revoke(identity: identity, reason: reason, ordered: ordered)
        )
        admission.apply(revocation)
        await cutLinks()
        return revocation
    }

    /// Lets `identity` in again by a new key, for a token that was made after it was put out.
    package func readmit(
        _ identity: NodeIdentity,
        keyID: SHA256Digest,
        tokenIssued: WallTime
    ) async throws(CallFailure<RevocationList.Refusal>) {
        let command = RevocationList.Readmit(identity: identity, keyID: keyID, tokenIssued: tokenIssued)
        if let revocation = try await list.call(command) { admission.apply(revocation) }
    }

    /// Lets a renewed key follow one by which `identity` was let in again.
    package func allow(
        _ identity: NodeIdentity,
        currentKeyID: SHA256Digest,
        newKeyID: SHA256Digest
    ) async throws(CallFailure<RevocationList.Refusal>) {
        let command = RevocationList.Allow(identity: identity, currentKeyID: currentKeyID, newKeyID: newKeyID)
        if let revocation = try await list.call(command) { admission.apply(revocation) }
    }

    /// Whether `identity` may be given a certificate for having proved the key `keyID`, as the journal says.
    package func isOut(
        _ identity: NodeIdentity,
        keyID: SHA256Digest
    ) async throws(CallFailure<NoRefusal>) -> Bool {
        guard let revocation = try await list.call(RevocationList.Look(identity: identity)) else { return false }
        return !revocation.keys.contains(keyID)
    }
}
