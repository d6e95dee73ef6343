import MeshCore
import MeshIdentity
import MeshWire
import Testing

@Suite struct `An enrolment token` {
    @Test(arguments: [nil, "laptop-7"]) func `is read as it was written`(_ node: String?) throws {
        let claims = try Sample.claims(node: node)
        let token = EnrolmentToken(claims, key: try Sample.tokenKey())
        #expect(token.text.hasPrefix("mesh1-"))
        #expect(token.text.utf8.count <= Limits.Enrolment.maximumTokenTextBytes)
        let read = try EnrolmentToken(token.text)
        #expect(read.claims == claims)
        #expect(read.text == token.text)
        try read.check(key: try Sample.tokenKey(), now: Sample.now)
    }

    @Test func `of the longest names fits its bound`() throws {
        let longest = String(repeating: "a", count: Limits.Identifier.maximumBytes)
        let token = EnrolmentToken(try Sample.claims(node: longest, of: longest), key: try Sample.tokenKey())
        #expect(token.text.utf8.count <= Limits.Enrolment.maximumTokenTextBytes)
        #expect(try EnrolmentToken(token.text).claims.node?.text == longest)
    }

    @Test func `does not count under another key`() throws {
        let token = EnrolmentToken(try Sample.claims(), key: try Sample.tokenKey(1))
        let error = #expect(throws: EnrolmentError.self) {
            try token.check(key: try Sample.tokenKey(2), now: Sample.now)
        }
        #expect(error?.code == .forgedToken)
    }

    @Test func `with any one character changed is refused`() throws {
        let key = try Sample.tokenKey()
        let text = EnrolmentToken(try Sample.claims(node: "laptop-7"), key: key).text
        for index in text.indices {
            for replacement in ["A", "z", "0", "-"] where String(text[index]) != replacement {
                let changed = String(text[..<index]) + replacement + String(text[text.index(after: index)...])
                let error = #expect(throws: EnrolmentError.self, "at \(index)") {
                    try EnrolmentToken(changed).check(key: key, now: Sample.now)
                }
                #expect([.malformedToken, .forgedToken].contains(error?.code))
            }
        }
    }

    /// Every claim stands under the code: a token of the same authority with one of them exchanged is forged.
    @Test(arguments: 0..<8) func `with a claim exchanged is refused`(_ field: Int) throws {
        let key = try Sample.tokenKey()
        let token = EnrolmentToken(try Sample.claims(node: "laptop-7"), key: key)
        let bytes = try #require(Base64URL.decode(String(token.text.dropFirst(6))))
        var fields = try Self.items(bytes)
        let other: [[UInt8]] = [
            WireWriter.bytes { $0.write(UInt64(2)) }, WireWriter.bytes { $0.write("other") },
            WireWriter.bytes { $0.write(UInt64(1)) }, WireWriter.bytes { $0.write("laptop-8") },
            WireWriter.bytes { $0.write(Sample.now.millisecondsSince1970 + 1) },
            WireWriter.bytes { $0.write(Sample.now.millisecondsSince1970 + 700_000) },
            WireWriter.bytes { $0.write(bytes: [UInt8](repeating: 9, count: 16)) },
            WireWriter.bytes { $0.write(bytes: [UInt8](repeating: 9, count: 32)) },
        ]
        #expect(fields.count == 9)
        fields[field] = other[field]
        let forged = "mesh1-" + Base64URL.encode([0x89] + fields.flatMap(\.self))
        let error = #expect(throws: EnrolmentError.self) { try EnrolmentToken(forged).check(key: key, now: Sample.now) }
        #expect(error?.code == (field == 0 ? .malformedToken : .forgedToken))
    }

    /// The items of a record, each as it is spelled.
    private static func items(_ bytes: [UInt8]) throws -> [[UInt8]] {
        var reader = WireReader(bytes.span.bytes)
        let count = try reader.beginArray()
        var items: [[UInt8]] = []
        for _ in 0..<count {
            let start = reader.offset
            try reader.skipItem()
            items.append(Array(bytes[start..<reader.offset]))
        }
        return items
    }

    @Test(arguments: [
        ("", "begins with"), ("mesh2-abcd", "begins with"), ("mesh1-", "cut short"), ("mesh1-ab=c", "characters"),
        ("mesh1-AAAA", "cut short"), ("mesh1-" + String(repeating: "A", count: 2_000), "at most"),
    ]) func `that is none says what is wrong`(_ text: String, _ words: String) throws {
        let error = #expect(throws: EnrolmentError.self) { _ = try EnrolmentToken(text) }
        #expect(error?.code == .malformedToken)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
        if text.count > 20 { #expect(error?.message.contains(text.suffix(12)) == false) }
    }

    @Test func `is taken from its beginning, with some tolerance, to its end`() throws {
        let token = EnrolmentToken(try Sample.claims(life: .seconds(600)), key: try Sample.tokenKey())
        let tolerated = .zero - Limits.Enrolment.toleratedSkew
        for (offset, code) in [
            (tolerated - .milliseconds(1), EnrolmentErrorCode.earlyToken), (tolerated, nil), (.zero, nil),
            (.seconds(600), nil), (.milliseconds(600_001), .expiredToken), (.seconds(86_400), .expiredToken),
        ] {
            let now = Sample.now.moved(by: offset)
            if let code {
                let error = #expect(throws: EnrolmentError.self) {
                    try token.check(key: try Sample.tokenKey(), now: now)
                }
                #expect(error?.code == code)
                #expect(error?.message.contains("clock") == true)
            } else {
                try token.check(key: try Sample.tokenKey(), now: now)
            }
        }
    }

    @Test func `is not made for longer than any may live`() throws {
        _ = try Sample.claims(life: Limits.Enrolment.maximumTokenLife)
        let life = Limits.Enrolment.maximumTokenLife + .milliseconds(1)
        let error = #expect(throws: EnrolmentError.self) { _ = try Sample.claims(life: life) }
        #expect(error?.code == .longToken)
    }

    @Test func `that lives longer is not taken although its code is right`() throws {
        let bytes = WireWriter.bytes { writer in
            writer.writeArrayHead(count: 8)
            writer.write(UInt64(1))
            writer.write("acme")
            writer.write(UInt64(0))
            writer.writeNil()
            writer.write(Sample.now.millisecondsSince1970)
            writer.write(Sample.now.millisecondsSince1970 + 900_001)
            writer.write(bytes: [UInt8](repeating: 1, count: 16))
            writer.write(bytes: [UInt8](repeating: 2, count: 32))
        }
        let key = try Sample.tokenKey()
        let token = EnrolmentToken(try EnrolmentClaims(wireBytes: bytes), key: key)
        let error = #expect(throws: EnrolmentError.self) { try token.check(key: key, now: Sample.now) }
        #expect(error?.code == .longToken)
    }

    @Test func `shows nothing of itself in descriptions`() throws {
        let token = EnrolmentToken(try Sample.claims(), key: try Sample.tokenKey())
        var dumped = ""
        dump(token, to: &dumped)
        #expect("\(token)" == "an enrolment token" && !dumped.contains("acme"))
        #expect("\(try Sample.tokenKey())" == "a token key")
        let request = EnrolmentRequest(
            token: token.text,
            identity: Sample.identity(),
            certificateRequest: [],
            wallTime: Sample.now
        )
        #expect(!"\(request)".contains("mesh1-"))
    }

    @Test func `allows what it says and nothing else`() throws {
        let open = try Sample.claims()
        #expect(open.allow(Sample.identity("anything")))
        #expect(!open.allow(Sample.identity("anything", of: "other")))
        #expect(!open.allow(Sample.identity("anything", of: "acme", .hub)))
        let bound = try Sample.claims(node: "laptop-7")
        #expect(bound.allow(Sample.identity("laptop-7")))
        #expect(!bound.allow(Sample.identity("laptop-8")))
    }
}
