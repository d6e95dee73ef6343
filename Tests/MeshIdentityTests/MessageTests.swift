import MeshCore
import MeshIdentity
import MeshWire
import Testing

@Suite struct `Messages of enrolment` {
    @Test func `survive the wire`() throws {
        for token in [nil, "mesh1-abc"] {
            let request = EnrolmentRequest(
                token: token,
                identity: Sample.identity(),
                certificateRequest: [1, 2, 3],
                wallTime: Sample.now
            )
            #expect(try EnrolmentRequest(wireBytes: request.wireBytes) == request)
        }
        let issued = IssuedIdentity(chain: [[1], [2]], authorities: [[3]], wallTime: Sample.now)
        let refusal = EnrolmentRefusal(.revoked, "out", retryAfterMilliseconds: 7)
        for answer in [EnrolmentAnswer.issued(issued), .refused(refusal)] {
            #expect(try EnrolmentAnswer(wireBytes: answer.wireBytes) == answer)
        }
        let newer = EnrolmentRefusal(EnrolmentRefusal.Code(rawValue: 4_000), "of a newer hub")
        #expect(try EnrolmentRefusal(wireBytes: newer.wireBytes) == newer)
    }

    @Test func `beyond a bound are refused`() {
        let long = String(repeating: "x", count: Limits.Enrolment.maximumTokenTextBytes + 1)
        let request = [UInt8](repeating: 0, count: Limits.Enrolment.maximumRequestBytes + 1)
        let identity = Sample.identity()
        for request in [
            EnrolmentRequest(token: long, identity: identity, certificateRequest: [], wallTime: Sample.now),
            EnrolmentRequest(token: nil, identity: identity, certificateRequest: request, wallTime: Sample.now),
        ] {
            #expect(throws: WireError.self) { _ = try EnrolmentRequest(wireBytes: request.wireBytes) }
        }
        let certificate = [UInt8](repeating: 0, count: Limits.Enrolment.maximumCertificateBytes + 1)
        let many = [[UInt8]](repeating: [1], count: Limits.Enrolment.maximumCertificatesInAnswer + 1)
        for (chain, authorities) in [([certificate], [[1]]), (many, [[1]]), ([[1]], many), ([], [[1]]), ([[1]], [])] {
            let issued = IssuedIdentity(chain: chain, authorities: authorities, wallTime: Sample.now)
            #expect(throws: WireError.self) {
                _ = try EnrolmentAnswer(wireBytes: EnrolmentAnswer.issued(issued).wireBytes)
            }
        }
        let words = String(repeating: "w", count: Limits.Enrolment.maximumMessageBytes + 100)
        #expect(EnrolmentRefusal(.malformed, words).message.utf8.count <= Limits.Enrolment.maximumMessageBytes)
        #expect(throws: WireError.self) { _ = try EnrolmentAnswer(wireBytes: [0x82, 0x05, 0x80]) }
    }
}

/// The frozen bytes of what is on wires, on disks and in people's hands: they never change.
@Suite struct `Golden bytes of enrolment` {
    @Test func `of a token, a request, answers and events`() throws {
        let claims = try Sample.claims(node: "laptop-7")
        let events: [any WireCodable] = [
            EnrolmentTokens.Event.forgotten(until: Sample.now),
            NodeRegistration.Event.enrolled(Sample.identity(), keyID: Sample.key(1), tokenID: Sample.token(1)),
            NodeRegistration.Event.renewed(keyID: Sample.key(1)), NodeRegistration.Event.proven(keyID: Sample.key(1)),
            RevocationList.Event.revoked(Sample.identity(), reason: "lost", at: Sample.now),
            RevocationList.Event.readmitted(Sample.identity(), keyID: Sample.key(1), following: nil),
            RevocationList.Event.readmitted(Sample.identity(), keyID: Sample.key(2), following: Sample.key(1)),
            NodeRegistration.Event.claimed(Sample.identity(), keyID: Sample.key(1)),
            EnrolmentRequest(token: "t", identity: Sample.identity(), certificateRequest: [1], wallTime: Sample.now),
            EnrolmentAnswer.issued(IssuedIdentity(chain: [[1]], authorities: [[2]], wallTime: Sample.now)),
            EnrolmentAnswer.refused(EnrolmentRefusal(.revoked, "out", retryAfterMilliseconds: 7)),
        ]
        let text = EnrolmentToken(claims, key: try Sample.tokenKey()).text
        let all = [text] + events.map { Hexadecimal.encode($0.wireBytes) }
        #expect(SHA256.digest(Array(all.joined(separator: "\n").utf8)).description == Self.digest, "\(all)")
    }

    /// SHA-256 over all of them: whoever changes one sees them in the message.
    private static let digest = "192ee3c8e1f91e95a7c6ffcf3d982a81ef78ae59467b4319e0856a25b47f9214"
}
