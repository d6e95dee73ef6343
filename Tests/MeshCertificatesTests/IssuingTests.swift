import MeshCertificates
import MeshCore
import Testing

@Suite struct `An authority` {
    @Test(arguments: [KeyAlgorithm.p256, .p384, .ed25519])
    func `its certificate is its own`(algorithm: KeyAlgorithm) throws {
        let root = try Workshop("The CA of Köln", algorithm: algorithm).authority.certificate
        #expect(root.isAuthority && root.isSelfIssued)
        #expect(root.subject == "CN=The CA of Köln")
        #expect(root.keyAlgorithm == algorithm && root.weakness == nil)
        #expect(root.purposes.isEmpty && root.uris.isEmpty)
        #expect(root.validity.notBefore == Workshop.later(-300))
        #expect(root.validity.notAfter == Workshop.later(3_650 * 86_400))
    }

    @Test func `its name and its life have bounds`() throws {
        let longest = String(repeating: "x", count: Limits.Certificate.maximumAuthorityNameBytes)
        #expect(throws: Never.self) { try Workshop(longest) }
        for name in ["", longest + "x", "two\nlines"] {
            #expect(throws: CertificateError(.notIssuable, "")) { try Workshop(name) }
        }
        for life in [Duration.zero, Limits.Certificate.maximumLife + .seconds(1)] {
            #expect(throws: CertificateError(.notIssuable, "")) {
                try CertificateAuthority.make(name: "CA", life: life, now: Workshop.now)
            }
        }
    }

    @Test func `RSA keys are read and not made`() {
        #expect(throws: CertificateError(.notIssuable, "")) { try KeyFile.make(.rsa(bits: 2_048)) }
    }

    @Test func `what belongs to another authority does not make one`() throws {
        let (one, other) = (try Workshop().authority, try Workshop().authority)
        #expect(throws: CertificateError(.keyMismatch, "")) {
            try CertificateAuthority(certificate: one.certificate, privateKey: other.privateKey)
        }
        #expect(throws: CertificateError(.wrongKind, "")) {
            try CertificateAuthority(certificate: Workshop().issue(), privateKey: one.privateKey)
        }
    }
}

@Suite struct `An issued certificate` {
    @Test func `a hub's has its names and both uses`() throws {
        let certificate = try Workshop().issue(dns: ["hub-1.acme.example", "hub-1"])
        #expect(certificate.uris == ["spiffe://mesh/acme/hub/hub-1"])
        #expect(certificate.dnsNames == ["hub-1.acme.example", "hub-1"])
        #expect(certificate.addresses.map(\.description) == ["192.0.2.7"])
        #expect(certificate.purposes == [.client, .server])
        #expect(!certificate.isAuthority)
        #expect(certificate.subject == "O=acme,CN=hub-1" || certificate.subject == "CN=hub-1,O=acme")
        #expect(certificate.issuer == "CN=Test CA")
    }

    @Test func `an edge's is for clients only, and names no host`() throws {
        #expect(try Workshop().issue(.edge).purposes == [.client])
        #expect(throws: CertificateError(.notIssuable, "")) {
            try NodeGrant(identity: Workshop.identity(.edge), dnsNames: ["laptop"])
        }
    }

    @Test func `it begins before now, and ends with its life or with its authority`() throws {
        let workshop = try Workshop()
        let certificate = try workshop.issue(life: .seconds(60), at: Workshop.later(1_000))
        #expect(certificate.validity.notBefore == Workshop.later(700))
        #expect(certificate.validity.notAfter == Workshop.later(1_060))
        let first = try workshop.issue()
        #expect(first.validity.notBefore == workshop.authority.certificate.validity.notBefore)
        let last = try workshop.issue(at: Workshop.later(3_649 * 86_400))
        #expect(last.validity.notAfter == workshop.authority.certificate.validity.notAfter)
    }

    @Test func `an authority outside its time issues none`() throws {
        let workshop = try Workshop()
        #expect(throws: CertificateError(.expired, "")) { try workshop.issue(at: Workshop.later(3_651 * 86_400)) }
        #expect(throws: CertificateError(.notYetValid, "")) { try workshop.issue(at: Workshop.later(-301)) }
    }

    @Test func `no two have the same number, and each has sixteen bytes`() throws {
        let workshop = try Workshop()
        let numbers = try (0..<20).map { _ in try workshop.issue().serial }
        #expect(Set(numbers).count == 20)
        #expect(numbers.allSatisfy { $0.count == 16 && $0[0] < 0x80 })
    }

    @Test(arguments: ["", "-hub", "hub-", "hub..x", ".", "*.acme.example", "hub_1", "192.0.2.7", "a b", "hüb", "a.1"])
    func `what is no host name is not certified`(name: String) throws {
        #expect(!HostName.isValid(name))
        #expect(throws: CertificateError(.notIssuable, "")) {
            try NodeGrant(identity: Workshop.identity(), dnsNames: [name])
        }
    }

    @Test func `names have a bound, together with the identity`() throws {
        let names = (1..<Limits.Certificate.maximumNames).map { "hub-\($0)" }
        let grant = try NodeGrant(identity: Workshop.identity(), dnsNames: names)
        let certificate = try Workshop().authority.issue(grant, key: KeyFile.make(), now: Workshop.now)
        #expect(certificate.dnsNames == names)
        #expect(throws: CertificateError(.notIssuable, "")) {
            try NodeGrant(identity: Workshop.identity(), dnsNames: names + ["one-more"])
        }
    }

    @Test(arguments: [Duration.zero, .milliseconds(999), .seconds(-1), Limits.Certificate.maximumLife + .seconds(1)])
    func `lives have bounds`(life: Duration) {
        #expect(throws: CertificateError(.notIssuable, "")) { try NodeGrant(identity: Workshop.identity(), life: life) }
    }
}

@Suite struct `A certificate request` {
    @Test(arguments: [KeyAlgorithm.p256, .p384, .ed25519])
    func `its key is certified, under the names of the grant`(algorithm: KeyAlgorithm) throws {
        let workshop = try Workshop()
        let request = try CertificateRequest(identity: Workshop.identity(), key: KeyFile.make(algorithm))
        #expect(request.uris == ["spiffe://mesh/acme/hub/hub-1"])
        let grant = try NodeGrant(identity: Workshop.identity(), dnsNames: ["hub-1"])
        let certificate = try workshop.authority.issue(grant, for: request, now: Workshop.now)
        #expect(certificate.keyID == request.keyID && certificate.keyAlgorithm == algorithm)
        #expect(certificate.dnsNames == ["hub-1"])
        let peer = try workshop.verifier.verify(chain: [certificate.der], purpose: .server, now: Workshop.now)
        #expect(peer.keyID == request.keyID)
    }

    @Test func `one that asks for another identity is refused`() throws {
        let request = try CertificateRequest(identity: Workshop.identity(.hub, "hub-9"), key: KeyFile.make())
        #expect(throws: CertificateError(.notIssuable, "")) {
            try Workshop().authority.issue(NodeGrant(identity: Workshop.identity()), for: request, now: Workshop.now)
        }
    }

    @Test func `one whose signature is not of its key is refused`() throws {
        var der = try CertificateRequest(identity: Workshop.identity(), key: KeyFile.make(.ed25519)).der
        der[der.count - 1] ^= 1
        #expect(throws: CertificateError(.malformed, "")) { try CertificateRequest(der: der) }
    }

    @Test func `bytes that are none are refused`() throws {
        let der = try CertificateRequest(identity: Workshop.identity(), key: KeyFile.make()).der
        for bytes in [[], Array(der.dropLast()), der + [0], [0x30, 0x02, 0x05, 0x00]] {
            #expect(throws: CertificateError(.malformed, "")) { try CertificateRequest(der: bytes) }
        }
    }
}
