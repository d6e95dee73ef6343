internal import MeshCore

/// Clients whose certificates this endpoint has verified, by the bytes of the certificate.
///
/// A resumed client shows none: it stands in its ticket, which only this endpoint can have sealed, after verifying it.
/// Looking it up here costs microseconds, where the signatures cost most of a resumed handshake. What may have changed
/// since is for the verifier to check again. Who is not found, or whose time is over, is verified as at first.
struct VerifiedPeers {
    private var peers: [SHA256Digest: PeerCertificate] = [:]

    /// The peer has just been verified.
    mutating func add(_ peer: PeerCertificate) {
        if peers.count >= Limits.Endpoint.rememberedPeers { peers = [:] }
        peers[peer.fingerprint] = peer
    }

    /// The peer whose certificate is `der`, if it was verified and its chain still counts at `now`.
    func peer(of der: [UInt8], at now: WallTime) -> PeerCertificate? {
        guard let peer = peers[SHA256.digest(der)], peer.chainValidity.contains(now) else { return nil }
        return peer
    }
}
