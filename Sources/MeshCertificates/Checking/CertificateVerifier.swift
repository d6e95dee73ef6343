package import MeshCore

/// Checks what peers show against the authorities that a node believes.
package struct CertificateVerifier: PeerVerifier {
    private let trust: TrustList
    private let fingerprints: Set<SHA256Digest>

    /// A verifier that believes `trust`; the authorities are read once, here.
    package init(trust: TrustAnchors) throws(CertificateError) {
        self.trust = try TrustList(trust)
        fingerprints = Set(trust.certificates.map(SHA256.digest))
    }

    /// Throws where the times of `peer` are over, or its authority is not believed any more.
    package func recheck(_ peer: PeerCertificate, now: WallTime) throws(CertificateError) {
        try Self.checkTimes(of: peer, now: now)
        guard let authority = peer.authority, !fingerprints.contains(authority) else { return }
        throw CertificateError(.unknownAuthority, "the authority of '\(peer.identity)' is not believed any more")
    }

    private static func checkTimes(of peer: PeerCertificate, now: WallTime) throws(CertificateError) {
        let time = peer.chainValidity
        guard time.notBefore <= now else {
            throw CertificateError(.notYetValid, "the certificate of '\(peer.identity)' counts from \(time.notBefore)")
        }
        guard now <= time.notAfter else {
            throw CertificateError(.expired, "the certificate of '\(peer.identity)' or of its authority has expired")
        }
    }

    /// What the certificate of a peer says, or the reason why it is not believed.
    ///
    /// First who has signed it, because nothing that it says counts before; then its times, its use and its names.
    package func verify(
        chain: [[UInt8]],
        purpose: CertificatePurpose,
        serverName: ServerName? = nil,
        now: WallTime
    ) throws(CertificateError) -> PeerCertificate {
        try verify(chain: chain, purpose: purpose, serverName: serverName, now: now, grace: .zero)
    }

    /// The same, where the peer's own certificate may have expired less than `grace` ago; what is above it must count.
    func verify(
        chain: [[UInt8]],
        purpose: CertificatePurpose,
        serverName: ServerName?,
        now: WallTime,
        grace: Duration
    ) throws(CertificateError) -> PeerCertificate {
        let (certificate, root, chainValidity) = try verifyChain(chain, now: now, grace: grace)
        guard certificate.purposes.contains(purpose) else { throw Self.madeForOther(certificate, than: purpose) }
        var peer = try PeerCertificate(certificate)
        peer.chainValidity = chainValidity
        peer.authority = root.fingerprint
        guard purpose == .client || peer.identity.role == .hub else {
            throw CertificateError(.wrongPurpose, "'\(peer.identity)' is an edge, and only hubs serve")
        }
        if let serverName { try Self.check(serverName, of: peer) }
        return peer
    }

    /// The certificate of a chain that leads to one of the authorities, each of its links counting at `now`.
    func verifyAuthority(_ chain: [[UInt8]], now: WallTime) throws(CertificateError) -> Certificate {
        try verifyChain(chain, now: now).leaf
    }

    /// As ``verifyAuthority(_:now:)``, with the time for which all links and the authority count.
    private func verifyChain(
        _ chain: [[UInt8]],
        now: WallTime,
        grace: Duration = .zero
    ) throws(CertificateError) -> (leaf: Certificate, root: Certificate, validity: ValidityPeriod) {
        guard !chain.isEmpty else { throw CertificateError(.noCertificate, "no certificate was shown") }
        guard chain.count <= Limits.Credentials.maximumChain else {
            let limit = Limits.Credentials.maximumChain
            throw CertificateError(.malformed, "a chain of \(chain.count) certificates, and at most \(limit) are read")
        }
        var links: [Certificate] = []
        for der in chain { links.append(try Certificate(der: der)) }
        let certificate = links[0]
        for link in links {
            guard let weakness = link.weakness else { continue }
            throw CertificateError(.weak, "the certificate of '\(link)' is not taken: \(weakness)")
        }
        let root = try trust.root(of: links)
        // The peer's own first: where its authority has ended with it, that is what its holder has to know.
        try Self.checkTime(of: certificate, now: now, grace: grace)
        for link in links.dropFirst() + [root] { try Self.checkTime(of: link, now: now) }
        guard !certificate.isAuthority else {
            throw CertificateError(.wrongKind, "the certificate of '\(certificate)' is an authority's, not a node's")
        }
        return (certificate, root, links.reduce(root.validity) { $0.common(with: $1.validity) })
    }

    private static func checkTime(
        of certificate: Certificate,
        now: WallTime,
        grace: Duration = .zero
    ) throws(CertificateError) {
        let time = certificate.validity
        guard time.notBefore <= now else {
            throw CertificateError(
                .notYetValid,
                "the certificate of '\(certificate)' counts from \(time.notBefore), and it is \(now): is a clock wrong?"
            )
        }
        guard now <= time.notAfter.moved(bySeconds: grace.components.seconds) else {
            throw CertificateError(.expired, "the certificate of '\(certificate)' expired on \(time.notAfter)")
        }
    }

    private static func madeForOther(_ certificate: Certificate, than purpose: CertificatePurpose) -> CertificateError {
        let made =
            switch certificate.purposes.first {
            case .client?: "made for clients only"
            case .server?: "made for servers only"
            case nil: "made for neither clients nor servers"
            }
        let wanted = purpose == .client ? "a client" : "a server"
        return CertificateError(.wrongPurpose, "the certificate of '\(certificate)' is \(made), and shown by \(wanted)")
    }

    private static func check(_ name: ServerName, of peer: PeerCertificate) throws(CertificateError) {
        let names: [String]
        switch name {
        case .dns(let wanted):
            guard !peer.dnsNames.contains(where: { $0.lowercased() == wanted.lowercased() }) else { return }
            names = peer.dnsNames
        case .address(let wanted):
            guard !peer.addresses.contains(wanted) else { return }
            names = peer.addresses.map(\.description)
        case .node(let wanted):
            guard peer.identity.node != wanted else { return }
            names = [peer.identity.node.text]
        }
        let list = names.isEmpty ? "it has none of that sort" : "there are: \(names.joined(separator: ", "))"
        throw CertificateError(.wrongName, "\(name) is not among the names of '\(peer.identity)'; \(list)")
    }
}

extension ServerName: CustomStringConvertible {
    /// The name, with a word for its sort.
    package var description: String {
        switch self {
        case .dns(let name): "the host name '\(name)'"
        case .address(let address): "the address \(address)"
        case .node(let node): "the node '\(node)'"
        }
    }
}
