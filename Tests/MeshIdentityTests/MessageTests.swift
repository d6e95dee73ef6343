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
