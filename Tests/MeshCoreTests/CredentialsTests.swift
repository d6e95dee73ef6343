import MeshCore
import Testing

@Suite struct `A private key` {
    private let secret: [UInt8] = Array("the secret of the house".utf8)

    private var key: PrivateKey { secret.withUnsafeBytes { PrivateKey(copying: $0) } }

    @Test func `it lends its bytes`() {
        #expect(key.withBytes { Array($0) } == secret)
    }

    @Test func `it says nothing of its content`() {
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(text.contains("a private key"))
            #expect(!text.contains("secret") && !text.contains("0x"))
        }
        #expect(Mirror(reflecting: key).children.isEmpty)
    }

    @Test func `credentials that hold it say nothing of it either`() throws {
        var dumped = ""
        dump(try credentials(1), to: &dumped)
        #expect(dumped.contains("a private key") && !dumped.contains("0x"))
    }
}

@Suite struct `Secret bytes` {
    @Test func `are lent as they were filled in, and say nothing of it`() {
        let bytes = SecretBytes(count: 3) { $0[1] = 7 }
        #expect(bytes.withBytes { Array($0) } == [0, 7, 0])
        var dumped = ""
        dump(bytes, to: &dumped)
        #expect("\(bytes)" == "secret bytes" && !dumped.contains("7") && Mirror(reflecting: bytes).children.isEmpty)
    }
}

@Suite struct `What a node needs` {
    @Test func `a few authorities and a short chain are accepted, no more`() async {
        let one = TrustAnchors(certificates: Array(repeating: [1], count: Limits.Credentials.maximumRoots))
        #expect(one.certificates.count == Limits.Credentials.maximumRoots)
        await #expect(processExitsWith: .failure) {
            _ = TrustAnchors(certificates: Array(repeating: [1], count: Limits.Credentials.maximumRoots + 1))
        }
        await #expect(processExitsWith: .failure) { _ = TrustAnchors(certificates: []) }
        await #expect(processExitsWith: .failure) { _ = try credentials(Limits.Credentials.maximumChain + 1) }
        #expect(throws: Never.self) { try credentials(Limits.Credentials.maximumChain) }
    }
}

private func credentials(_ count: Int) throws -> NodeCredentials {
    let moment = WallTime(millisecondsSince1970: 0)
    return NodeCredentials(
        identity: try NodeIdentity("spiffe://mesh/acme/hub/hub-1"),
        chain: Array(repeating: [1], count: count),
        privateKey: [UInt8]("the secret of the house".utf8).withUnsafeBytes { PrivateKey(copying: $0) },
        trust: TrustAnchors(certificates: [[2]]),
        validity: ValidityPeriod(notBefore: moment, notAfter: moment)
    )
}

@Suite struct `A validity period` {
    private func moment(_ seconds: Int64) -> WallTime { WallTime(millisecondsSince1970: seconds * 1_000) }

    @Test func `both ends belong to it`() {
        let period = ValidityPeriod(notBefore: moment(10), notAfter: moment(20))
        #expect([9, 10, 15, 20, 21].map { period.contains(moment($0)) } == [false, true, true, true, false])
        #expect(period.middle == moment(15))
    }

    @Test func `the longest has a middle`() {
        let period = ValidityPeriod(
            notBefore: WallTime(millisecondsSince1970: .min),
            notAfter: WallTime(millisecondsSince1970: .max)
        )
        #expect(period.middle == period.notBefore)
    }
}

@Suite struct `An IP address` {
    @Test(arguments: ["192.0.2.7", "0.0.0.0", "2001:db8::7", "::", "::1", "fe80::1"])
    func `there is one usual text`(text: String) {
        #expect(IPAddress(text)?.description == text)
        #expect(IPAddress(text).flatMap { IPAddress(bytes: $0.bytes) }?.description == text)
    }

    @Test(arguments: ["", "1.2.3", "1.2.3.256", "1.2.3.4.5", "fe80::1%eth0", "[::1]", "hub", "1.2.3.4\u{0}", ":::"])
    func `anything else is none`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `only four or sixteen bytes make one`() {
        #expect(
            [0, 3, 4, 5, 15, 16, 17].map { IPAddress(bytes: [UInt8](repeating: 1, count: $0)) != nil }
                == [false, false, true, false, false, true, false]
        )
    }
}
