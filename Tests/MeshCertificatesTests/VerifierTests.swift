import MeshCertificates
import MeshCore
import Testing

@Suite struct `A peer's certificate` {
    private let workshop: Workshop

    init() throws { workshop = try Workshop() }

    private func verify(
        _ chain: [[UInt8]],
        _ purpose: CertificatePurpose = .server,
        name: ServerName? = nil,
        now: WallTime = Workshop.now
    ) throws(CertificateError) -> PeerCertificate {
        try workshop.verifier.verify(chain: chain, purpose: purpose, serverName: name, now: now)
    }

    /// The words of the refusal.
    private func refusal(_ body: () throws(CertificateError) -> PeerCertificate) -> String {
        do {
            return "accepted: \(try body().identity)"
        } catch {
            return error.description
        }
    }

    @Test func `a good one says who the peer is`() throws {
        let certificate = try workshop.issue(dns: ["hub-1"])
        let peer = try verify([certificate.der])
        #expect(peer.identity == (try Workshop.identity()))
        #expect(peer.dnsNames == ["hub-1"])
        #expect(peer.validity == certificate.validity)
        #expect(peer.serial == certificate.serial)
        #expect(peer.fingerprint == SHA256.digest(certificate.der))
    }

    @Test func `each name is good, and no other`() throws {
        let chain = [try workshop.issue(dns: ["hub-1.Example"]).der]
        let good: [ServerName] = [
            .dns("HUB-1.example"), .address(try #require(IPAddress("192.0.2.7"))), .node(try NodeID("hub-1")),
        ]
        for name in good { #expect(throws: Never.self) { try verify(chain, name: name) } }
        let bad: [ServerName] = [
            .dns("hub-2.example"), .dns("x.hub-1.example"), .dns("192.0.2.7"), .dns(""), .dns("*.example"),
            .address(try #require(IPAddress("192.0.2.8"))), .node(try NodeID("hub-2")),
        ]
        for name in bad { #expect(throws: CertificateError(.wrongName, "")) { try verify(chain, name: name) } }
        #expect(
            refusal { () throws(CertificateError) in try verify(chain, name: .dns("hub-2")) }
                == "certificate.wrongName: the host name 'hub-2' is not among the names of "
                + "'spiffe://mesh/acme/hub/hub-1'; there are: hub-1.Example"
        )
    }

    @Test func `before and after its time it does not count`() throws {
        let chain = [try workshop.issue(life: .seconds(60), at: Workshop.later(1_000)).der]
        for second: Int64 in [700, 1_000, 1_060] {
            #expect(throws: Never.self) { try verify(chain, now: Workshop.later(second)) }
        }
        #expect(throws: CertificateError(.notYetValid, "")) { try verify(chain, now: Workshop.later(699)) }
        #expect(throws: CertificateError(.expired, "")) { try verify(chain, now: Workshop.later(1_061)) }
        let text = refusal { () throws(CertificateError) in try verify(chain, now: Workshop.later(1_061)) }
        #expect(text.hasSuffix("expired on \(Workshop.later(1_060))"))
    }

    @Test func `it does not outlive its authority`() throws {
        let short = try CertificateAuthority.make(name: "Short", life: .seconds(10), now: Workshop.now)
        let certificate = try short.issue(
            NodeGrant(identity: Workshop.identity()),
            key: KeyFile.make(),
            now: Workshop.now
        )
        let verifier = try CertificateVerifier(trust: TrustAnchors(certificates: [short.certificate.der]))
        #expect(throws: CertificateError(.expired, "")) {
            try verifier.verify(chain: [certificate.der], purpose: .server, now: Workshop.later(11))
        }
    }

    @Test func `one of another authority is refused by name`() throws {
        let stranger = try Workshop("Other CA").issue()
        #expect(
            refusal { () throws(CertificateError) in try verify([stranger.der]) }.hasSuffix(
                "is issued by another authority, 'CN=Other CA'; believed are: 'CN=Test CA'"
            )
        )
        let impostor = try Workshop().issue()
        #expect(
            refusal { () throws(CertificateError) in try verify([impostor.der]) }.hasSuffix(
                "the authority has the same name as one that is believed, and another key"
            )
        )
    }

    @Test func `while an authority is replaced, both count`() throws {
        let (old, new) = (workshop, try Workshop())
        let roots = [old.authority.certificate.der, new.authority.certificate.der]
        for trust in [roots, roots.reversed()] {
            let verifier = try CertificateVerifier(trust: TrustAnchors(certificates: trust))
            for issuer in [old, new] {
                let chain = [try issuer.issue().der]
                #expect(throws: Never.self) { try verifier.verify(chain: chain, purpose: .server, now: Workshop.now) }
            }
        }
    }

    @Test func `an edge's is good for clients only`() throws {
        let chain = [try workshop.issue(.edge).der]
        #expect(try verify(chain, .client).identity.role == .edge)
        #expect(throws: CertificateError(.wrongPurpose, "")) { try verify(chain, .server) }
        let text = refusal { () throws(CertificateError) in try verify(chain, .server) }
        #expect(text.contains("made for clients only, and shown by a server"))
    }

    @Test func `an authority's is no node's`() throws {
        let root = workshop.authority.certificate.der
        #expect(throws: CertificateError(.wrongKind, "")) { try verify([root]) }
        let leaf = try workshop.issue().der
        #expect(throws: CertificateError(.wrongKind, "")) { try verify([root, leaf]) }
    }

    @Test func `what a node has signed does not count`() throws {
        // Under a node's name and key, and made to look like an authority's.
        let node = try workshop.issue()
        let impostor = try CertificateAuthority.make(name: "hub-1", now: Workshop.now)
        let leaf = try impostor.issue(NodeGrant(identity: Workshop.identity()), key: KeyFile.make(), now: Workshop.now)
        #expect(throws: CertificateError.self) { try verify([leaf.der, node.der]) }
        #expect(throws: CertificateError(.unknownAuthority, "")) { try verify([leaf.der, impostor.certificate.der]) }
    }

    @Test func `no certificate, and too many, are refused`() throws {
        #expect(throws: CertificateError(.noCertificate, "")) { try verify([]) }
        let leaf = try workshop.issue().der
        let root = workshop.authority.certificate.der
        #expect(throws: Never.self) { try verify([leaf, root]) }
        let long = [leaf] + Array(repeating: root, count: Limits.Credentials.maximumChain)
        #expect(throws: CertificateError(.malformed, "")) { try verify(long) }
    }

    @Test func `every flipped bit is refused`() throws {
        let der = try workshop.issue(dns: ["hub-1"]).der
        for index in der.indices {
            var changed = der
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(throws: CertificateError.self) { try verify([changed]) }
        }
    }

    @Test func `every prefix and every longer text is refused`() throws {
        let der = try workshop.issue().der
        for count in der.indices {
            #expect(throws: CertificateError(.malformed, "")) { try Certificate(der: Array(der[..<count])) }
        }
        #expect(throws: CertificateError(.malformed, "")) { try Certificate(der: der + [0]) }
        let huge = [0x30, 0x82, 0xFF, 0xFF] + [UInt8](repeating: 0, count: 0xFFFF)
        #expect(huge.count > Limits.Certificate.maximumDERBytes)
        #expect(throws: CertificateError(.malformed, "")) { try Certificate(der: huge) }
    }
}
