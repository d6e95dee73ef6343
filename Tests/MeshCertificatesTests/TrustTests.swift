import Glibc
import MeshCertificates
import MeshCore
import Testing

/// Authorities that are known by a fingerprint alone, certificates past their end, and authorities that are replaced.
@Suite struct `Whom a device believes` {
    private let workshop: Workshop

    init() throws { workshop = try Workshop() }

    private func verify(
        _ chain: [Certificate],
        by fingerprint: SHA256Digest,
        now: WallTime = Workshop.now
    ) throws(CertificateError) -> TrustAnchors? {
        let verifier = PinnedAuthorityVerifier(fingerprint: fingerprint)
        _ = try verifier.verify(chain: chain.map(\.der), purpose: .server, serverName: nil, now: now)
        return verifier.learned
    }

    @Test func `the authority of the fingerprint, once it has signed the chain`() throws {
        let (hub, root) = (try workshop.issue(), workshop.authority.certificate)
        #expect(try verify([hub, root], by: root.fingerprint)?.certificates == [root.der])
    }

    @Test func `not another authority, nor the right one above a chain that it has not signed`() throws {
        let root = workshop.authority.certificate
        let other = try Workshop()
        let (ours, theirs) = (try workshop.issue(), try other.issue())
        for (chain, fingerprint) in [
            ([theirs, other.authority.certificate], root.fingerprint), ([theirs, root], root.fingerprint),
            ([ours], root.fingerprint), ([root], root.fingerprint), ([root, root], root.fingerprint),
            ([theirs, other.authority.certificate, root], root.fingerprint), ([root, ours], ours.fingerprint),
        ] {
            let error = #expect(throws: CertificateError.self) { _ = try verify(chain, by: fingerprint) }
            #expect([.unknownAuthority, .wrongKind].contains(error?.code), "\(String(describing: error))")
        }
        let empty = PinnedAuthorityVerifier(fingerprint: root.fingerprint)
        #expect(throws: CertificateError.self) {
            _ = try empty.verify(chain: [], purpose: .server, serverName: nil, now: Workshop.now)
        }
        #expect(empty.learned == nil)
    }

    @Test func `not an edge as a hub, and nobody past the end`() throws {
        let root = workshop.authority.certificate
        let edge = try workshop.issue(.edge)
        #expect(throws: CertificateError.self) { _ = try verify([edge, root], by: root.fingerprint) }
        let short = try workshop.issue(life: .seconds(60))
        let error = #expect(throws: CertificateError.self) {
            _ = try verify([short, root], by: root.fingerprint, now: Workshop.later(61))
        }
        #expect(error?.code == .expired)
    }

    @Test func `an expired certificate inside the grace period, and none that is not yet valid`() throws {
        let edge = try workshop.issue(.edge, life: .seconds(60))
        let verifier = try GraceVerifier(trust: workshop.trust, grace: .seconds(100))
        func check(_ seconds: Int64) throws(CertificateError) {
            let now = Workshop.later(seconds)
            _ = try verifier.verify(chain: [edge.der], purpose: .client, serverName: nil, now: now)
        }
        for second in [0, 60, 61, 160] as [Int64] { try check(second) }
        let late = #expect(throws: CertificateError.self) { try check(161) }
        #expect(late?.code == .expired)
        let early = #expect(throws: CertificateError.self) { try check(-301) }
        #expect(early?.code == .notYetValid)
        let stranger = try Workshop("Test CA").issue(.edge, life: .seconds(60))
        let now = Workshop.later(61)
        let unknown = #expect(throws: CertificateError.self) {
            _ = try verifier.verify(chain: [stranger.der], purpose: .client, serverName: nil, now: now)
        }
        #expect(unknown?.code == .unknownAuthority)
    }

    @Test func `nobody under an authority that has expired, whatever the grace`() throws {
        let authority = try CertificateAuthority.make(name: "Short", life: .seconds(100), now: Workshop.now)
        let grant = try NodeGrant(identity: Workshop.identity(.edge), life: .seconds(60))
        let edge = try authority.issue(grant, key: KeyFile.make(), now: Workshop.now)
        let trust = TrustAnchors(certificates: [authority.certificate.der])
        let verifier = try GraceVerifier(trust: trust, grace: .seconds(1_000))
        let now = Workshop.later(101)
        #expect(throws: CertificateError.self) {
            _ = try verifier.verify(chain: [edge.der], purpose: .client, serverName: nil, now: now)
        }
    }

    @Test func `nobody again whose authority was forgotten`() throws {
        let next = try Workshop("Next CA")
        let both = try CertificateVerifier(
            trust: TrustAnchors(certificates: [workshop.authority.certificate.der, next.authority.certificate.der])
        )
        let peer = try both.verify(chain: [try workshop.issue().der], purpose: .client, now: Workshop.now)
        try both.recheck(peer, now: Workshop.now)
        let error = #expect(throws: CertificateError.self) { try next.verifier.recheck(peer, now: Workshop.now) }
        #expect(error?.code == .unknownAuthority)
    }
}

@Suite struct `A folder of credentials that are renewed` {
    private let scratch = Scratch()
    private let workshop: Workshop

    init() throws { workshop = try Workshop() }

    private var folder: CredentialFolder { CredentialFolder(path: "\(scratch.path)/node") }

    private func write(_ folder: CredentialFolder, step: (String) -> Void = { _ in }) throws -> SHA256Digest {
        let key = try KeyFile.make()
        let grant = try NodeGrant(identity: Workshop.identity())
        let certificate = try workshop.authority.issue(grant, key: key, now: Workshop.now)
        try folder.replace(chain: [certificate], key: key, authorities: [workshop.authority.certificate], step: step)
        return certificate.keyID
    }

    private func loaded() throws -> SHA256Digest {
        let credentials = try CredentialFiles(folder: folder.path).load(now: Workshop.now)
        return try Certificate(der: credentials.chain[0]).keyID
    }

    @Test func `fits together at every moment, whoever is killed then`() throws {
        var last = try write(folder)
        #expect(try loaded() == last)
        for _ in 0..<4 {
            var seen: [(step: String, keyID: SHA256Digest?)] = []
            let next = try write(folder) { step in seen.append((step, try? loaded())) }
            let commit = try #require(seen.firstIndex { $0.step == "current" })
            #expect(seen.count >= 6)
            for (index, moment) in seen.enumerated() {
                #expect(moment.keyID == (index < commit ? last : next), "after \(moment.step)")
            }
            last = next
        }
        #expect(try loaded() == last)
    }

    @Test func `takes the place of what was issued by hand`() throws {
        let key = try KeyFile.make()
        let grant = try NodeGrant(identity: Workshop.identity())
        let certificate = try workshop.authority.issue(grant, key: key, now: Workshop.now)
        try IssuedFolder(path: folder.path).create(certificate, key: key, authority: workshop.authority.certificate)
        #expect(folder.isInUse)
        #expect(try loaded() == certificate.keyID)
        var before: [SHA256Digest?] = []
        let next = try write(folder) { step in if step != "current" { before.append(try? loaded()) } }
        #expect(before.allSatisfy { $0 == certificate.keyID || $0 == next })
        #expect(try loaded() == next)
        // The old key is gone, also under its old name.
        #expect(try Certificate.all(in: "\(folder.path)/node.pem")[0].keyID == next)
    }

    @Test func `keeps one version beside the one that counts, and each key to its owner`() throws {
        for _ in 0..<5 { _ = try write(folder) }
        let kept = (1...5).filter { access("\(folder.path)/v\($0)", F_OK) == 0 }
        #expect(kept == [4, 5])
        var status = stat()
        #expect(stat("\(folder.path)/v5/node-key.pem", &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(stat("\(folder.path)/v5", &status) == 0 && status.st_mode & 0o777 == 0o700)
    }

    @Test func `what somebody who was killed has left behind is no hindrance`() throws {
        _ = try write(folder)
        mkdir("\(folder.path)/v2", 0o700)
        try KeyFile.create("\(folder.path)/v2/node-key.pem", try KeyFile.make())
        let next = try write(folder)
        #expect(try loaded() == next)
    }

    @Test func `a second writer is refused while the first one writes, and neither loses anything`() throws {
        var refusal: CertificateError?
        let first = try write(folder) { step in
            guard step == "certificate" else { return }
            do { _ = try write(folder) } catch { refusal = error as? CertificateError }
        }
        #expect(refusal?.code == .fileUnusable)
        #expect(refusal?.message.contains("another process is writing") == true)
        #expect(try loaded() == first)
        let second = try write(folder)
        #expect(try loaded() == second)
    }

    @Test func `a certificate of another key is not written`() throws {
        let certificate = try workshop.issue()
        let error = #expect(throws: CertificateError.self) {
            try folder.replace(chain: [certificate], key: KeyFile.make(), authorities: [workshop.authority.certificate])
        }
        #expect(error?.code == .keyMismatch)
        #expect(!folder.isInUse)
    }

    @Test func `a key that waits for its certificate is the same until it is forgotten`() throws {
        let first = try folder.pendingKey("a")
        let again = try folder.pendingKey("a")
        #expect(try keyID(first) == keyID(again))
        folder.forget(first)
        #expect(try keyID(first) != keyID(try folder.pendingKey("a")))
    }

    @Test func `keys of other tokens go with the first certificate, and that of coming home stays`() throws {
        let (first, second) = (try folder.pendingKey("a"), try folder.pendingKey("b"))
        let home = try folder.pendingKey("return")
        var status = stat()
        #expect(stat(folder.path, &status) == 0 && status.st_mode & 0o777 == 0o700, "a new folder is its owner's alone")
        _ = try write(folder)
        folder.forgetEnrolment()
        #expect(try keyID(home) == keyID(try folder.pendingKey("return")))
        #expect(try keyID(first) != keyID(try folder.pendingKey("a")))
        #expect(try keyID(second) != keyID(try folder.pendingKey("b")))
        #expect(folder.isInUse)
    }

    private func keyID(_ pending: CredentialFolder.PendingKey) throws -> SHA256Digest {
        try CertificateRequest(identity: Workshop.identity(), key: pending.key).keyID
    }
}

@Suite struct `An authority's folder` {
    private let scratch = Scratch()
    private var folder: AuthorityFolder { AuthorityFolder(path: "\(scratch.path)/ca") }

    private func authority(_ name: String) throws(CertificateError) -> CertificateAuthority {
        try .make(name: name, now: Workshop.now)
    }

    private func create() throws {
        try folder.create { () throws(CertificateError) in try authority("First") }
    }

    @Test func `has a token key of its own, which nobody else reads`() throws {
        try create()
        var status = stat()
        #expect(stat(folder.tokenKeyPath, &status) == 0 && status.st_mode & 0o777 == 0o600)
        func bytes() throws -> [UInt8] { try folder.tokenKey().withBytes { Array($0) } }
        let first = try bytes()
        #expect(first.count == TokenKey.byteCount && first != [UInt8](repeating: 0, count: TokenKey.byteCount))
        #expect(try bytes() == first)
        chmod(folder.tokenKeyPath, 0o644)
        let exposed = #expect(throws: CertificateError.self) { _ = try folder.tokenKey() }
        #expect(exposed?.code == .keyExposed)
        unlink(folder.tokenKeyPath)
        let missing = #expect(throws: CertificateError.self) { _ = try folder.tokenKey() }
        #expect(missing?.code == .fileMissing)
        _ = try folder.tokenKey(makeIfMissing: true)
        #expect(try bytes() != first)
    }

    @Test func `may be without a key, where somebody else signs`() throws {
        try create()
        #expect(!folder.isExternal)
        unlink(folder.privateKeyPath)
        #expect(folder.isExternal)
        #expect(try folder.certificate().subject == "CN=First")
        let error = #expect(throws: CertificateError.self) { _ = try folder.open() }
        #expect(error?.message.contains("signs elsewhere") == true)
    }

    @Test func `exchanges its authority in three steps, and each signer fits`() throws {
        try create()
        func signer() throws -> String { try folder.open().certificate.subject }
        func believed() throws -> [String] { try folder.certificates().map(\.subject) }
        _ = try folder.beginRotation { () throws(CertificateError) in try authority("Second") }
        #expect(try signer() == "CN=First" && believed() == ["CN=First", "CN=Second"])
        #expect(throws: CertificateError.self) {
            _ = try folder.beginRotation { () throws(CertificateError) in try authority("Third") }
        }
        #expect(throws: CertificateError.self) { _ = try folder.finishRotation() }
        _ = try folder.switchRotation()
        #expect(try signer() == "CN=Second" && believed() == ["CN=Second", "CN=First"])
        #expect(throws: CertificateError.self) { _ = try folder.switchRotation() }
        _ = try folder.finishRotation()
        #expect(try signer() == "CN=Second" && believed() == ["CN=Second"])
        #expect(throws: CertificateError.self) { _ = try folder.finishRotation() }
        _ = try folder.beginRotation { () throws(CertificateError) in try authority("Third") }
        _ = try folder.switchRotation()
        _ = try folder.finishRotation()
        #expect(try signer() == "CN=Third")
        #expect(access("\(folder.path)/ca-old-key.pem", F_OK) != 0)
    }

    /// A kill behind the rename of `ca.pem` leaves the keys under their old names.
    @Test func `goes on after a kill in the middle of a switch`() throws {
        try create()
        _ = try folder.beginRotation { () throws(CertificateError) in try authority("Second") }
        let pems = try folder.certificates().reversed().map(\.pem).joined()
        _ = scratch.write("ca/ca.pem", pems, mode: 0o644)
        #expect(try folder.open().certificate.subject == "CN=Second")
        _ = try folder.finishRotation()
        #expect(try folder.open().certificate.subject == "CN=Second")
        #expect(try folder.certificates().count == 1)
        #expect(access("\(folder.path)/ca-next-key.pem", F_OK) != 0)
    }

    @Test func `has no successor of its own name`() throws {
        try create()
        let error = #expect(throws: CertificateError.self) {
            _ = try folder.beginRotation { () throws(CertificateError) in try authority("First") }
        }
        #expect(error?.code == .notIssuable)
    }
}
