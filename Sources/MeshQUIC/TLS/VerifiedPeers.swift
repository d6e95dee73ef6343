internal import MeshCore

/// Clients whose certificates this endpoint has verified, by the bytes of the certificate.
///
/// A resumed client shows none: it stands in its ticket, which only this endpoint can have sealed, after verifying it.
/// Looking it up here and asking for the time again costs microseconds, where the signatures cost most of a resumed
/// handshake. Nothing but the time is asked again: that of every certificate of the chain and of the authority. Who is
/// not found, or whose time is over, is verified as at first. What no verification of the chain finds, like a
/// revocation, is not found here either.
struct VerifiedPeers {
    private var peers: [SHA256Digest: PeerCertificate] = [:]

    /// The peer has just been verified.
    mutating func add(_ peer: PeerCertificate) {
        if peers.count >= Limits.Endpoint.rememberedPeers { peers = [:] }
        peers[peer.fingerprint] = peer
    }

    /// The peer whose certificate is `der`, if it was verified and still counts at `now`.
    func peer(of der: [UInt8], at now: WallTime) -> PeerCertificate? {
        guard let peer = peers[SHA256.digest(der)], peer.chainValidity.contains(now) else { return nil }
        return peer
    }
}
