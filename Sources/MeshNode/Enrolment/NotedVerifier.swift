internal import MeshCore

/// Remembers why it did not believe the peer last: of a connection that fails only words are left.
final class NotedVerifier: PeerVerifier {
    private let verifier: any PeerVerifier
    private let noted = Lock<CertificateError?>(nil)

    init(_ verifier: any PeerVerifier) { self.verifier = verifier }

    /// Why the last one was not believed; nil where all were.
    var refusal: CertificateError? { noted.withLock { $0 } }

    func verify(
        chain: [[UInt8]],
        purpose: CertificatePurpose,
        serverName: ServerName?,
        now: WallTime
    ) throws(CertificateError) -> PeerCertificate {
        do throws(CertificateError) {
            return try verifier.verify(chain: chain, purpose: purpose, serverName: serverName, now: now)
        } catch {
            noted.withLock { $0 = error }
            throw error
        }
    }

    func recheck(_ peer: PeerCertificate, now: WallTime) throws(CertificateError) {
        try verifier.recheck(peer, now: now)
    }
}
