import MeshChat
import MeshCore
import MeshJSON
import MeshPrivacy
import MeshTestKit
import Testing

/// What hides personal data from rules that read bytes: escapes, other blanks and hyphens, documents inside documents.
@Suite struct `Text that is written otherwise than it reads` {
    private static let pieces = [
        "Anna Schmidt", "Jürgen Müller", "anna@example.org", "+49 151 23456789", "4111 1111 1111 1111",
        "DE89 3704 0044 0532 0130 00", "203.0.113.9", "6e:10:a1:69:5b:99", "219-09-9999",
        "ghp_aB3dE6gH9jK2mN5pQ8sTaB3dE6gH9jK2mN5p", "https://anna:geheim@example.org/a", "Geißlerallee 6",
        "Größe GmbH",
    ]

    private static let terms = try? OwnTerms([.init("Größe GmbH")])

    /// What Python's `json.dumps` makes of text: with escapes for everything beyond ASCII, unless told otherwise.
    private static func quoted(_ text: String, isASCII: Bool) -> String {
        var quoted = ""
        for scalar in JSONText.quoted(text).unicodeScalars {
            guard isASCII, scalar.value >= 0x80 else {
                quoted.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                quoted += "\\u" + Hexadecimal.encode([UInt8(unit >> 8), UInt8(unit & 0xFF)])
            }
        }
        return quoted
    }

    private static func result(_ text: String) -> ChatRequest {
        let result = ToolResult(id: "1", parts: [.text(text)])
        return ChatRequest(model: "m", messages: [ChatMessage(.user, [ChatPart(.toolResult(result))])])
    }

    private static func text(of request: ChatRequest) -> String? {
        guard case .toolResult(let result) = request.messages[0].parts[0].content,
            case .text(let text)? = result.parts.first?.content
        else { return nil }
        return text
    }

    @Test(arguments: [true, false], [0, 1, 2])
    func `what a tool says in JSON leaves without any original and comes back as it was`(
        isASCII: Bool,
        depth: Int
    ) throws {
        let terms = try #require(Self.terms)
        for piece in Self.pieces {
            var map = try PrivacyGround.map()
            var document = "{\"id\": 7, \"body\": " + Self.quoted("Regards\n\(piece)\nend", isASCII: isASCII) + "}"
            for _ in 0..<depth { document = "{\"text\": " + Self.quoted(document, isASCII: isASCII) + "}" }
            let redacted = try Redactor(terms: terms).redact(Self.result(document), with: &map).request
            let text = try #require(Self.text(of: redacted))
            #expect(map.count == 1, "\(piece) in \(document)")
            #expect(depth > 0 || map.pairs.first?.original == piece, "read, not as it was escaped: \(text)")
            let placeholder = map.pairs.first?.placeholder.text ?? "none"
            #expect(text.contains(placeholder) && !text.contains(piece))
            let restored = Restorer.restore(text, with: map).text
            #expect(try JSONReader.read(restored) == JSONReader.read(document))
        }
    }

    @Test(arguments: [true, false])
    func `the same in a document that was cut off, to the letter`(isASCII: Bool) throws {
        let terms = try #require(Self.terms)
        for piece in Self.pieces {
            var map = try PrivacyGround.map()
            let line = "got {\"body\": " + Self.quoted("Regards\r\n\(piece)\tend", isASCII: isASCII)
            let text = try Redactor(terms: terms).redact(line, with: &map).text.text
            let placeholder = map.pairs.first?.placeholder.text ?? "none"
            #expect(map.count == 1 && text.contains("\\n\(placeholder)\\t"), "\(line) is \(text)")
            #expect(Restorer.restore(text, with: map).text == line)
        }
    }

    @Test func `all but what was found stays to the letter`() throws {
        var map = try PrivacyGround.map()
        let document =
            "{ \"a\" : 1.50, \"b\":[ \"\\u00e9\", \"anna@example.org\\n\"], \"n\": 12345678901234567890123 }\n"
        let text = try Redactor().redact(document, with: &map).text.text
        #expect(text == document.replacing("anna@example.org", with: map.pairs.first?.placeholder.text ?? "none"))
        #expect(Restorer.restore(text, with: map).text == document)
        let harmless = "{ \"a\" : [\"\\u00e9\", 1.0e3, {}], \"b\": \"\\n\" }"
        #expect(try Redactor().redact(harmless, with: &map).text.text == harmless)
    }

    @Test func `a key says what its value is, also in what a tool says, and one beside it does`() throws {
        #expect(try PrivacyGround.found("{\"lastName\": \"Xhaferi\"}") == [.init(.person, "Xhaferi")])
        #expect(try PrivacyGround.found("[{\"lastName\": [\"Xhaferi\"]}]") == [.init(.person, "Xhaferi")])
        #expect(try PrivacyGround.found("{\"type\":\"phone\",\"value\":\"341391500\"}") == [.init(.phone, "341391500")])
        #expect(try PrivacyGround.found("{\"anna@example.org\": 1}") == [.init(.email, "anna@example.org")])
        let long = String(repeating: "a", count: Limits.Privacy.maximumLabelBytes)
        let gap = String(repeating: " ", count: 12)
        #expect(try PrivacyGround.found("{\"a lastname\":\(gap)\"Xhaferi\"}") == [.init(.person, "Xhaferi")])
        #expect(try PrivacyGround.found("{\"\(long) lastname\":\(gap)\"Xhaferi\"}").isEmpty, "so much of it is read")
    }

    @Test func `documents inside documents are read so far, and searched as text beyond`() throws {
        let deepest = Limits.Privacy.maximumDocumentDepth
        for depth in [deepest - 1, deepest + 1] {
            var document = "{\"lastName\": \"Xhaferi\"}"
            for _ in 0..<depth { document = "[" + JSONText.quoted(document) + "]" }
            var map = try PrivacyGround.map()
            let text = try Redactor().redact(document, with: &map).text.text
            #expect(!text.contains("Xhaferi"), "\(depth)")
        }
        let card = "[" + JSONText.quoted("{\"lastName\": 4111111111111111}") + "]"
        var map = try PrivacyGround.map()
        let text = try Redactor().redact(card, with: &map).text.text
        #expect(
            text == "[\"{\\\"lastName\\\": \\\"\(map.pairs.first?.placeholder.text ?? "none")\\\"}\"]",
            "still a document"
        )
        #expect(Restorer.restore(text, with: map).text == card)
    }

    @Test(arguments: [
        ("Tél : +33\u{202F}6\u{202F}12\u{202F}34\u{202F}56\u{202F}78", PersonalKind.phone),
        ("call +1\u{2011}555\u{2011}010\u{2011}1234", .phone), ("+49\u{2009}30\u{2009}1234567", .phone),
        ("Tel. 0\u{200B}341391500", .phone), ("4111\u{2013}1111\u{2013}1111\u{2013}1111", .card),
        ("4111\u{A0}1111\u{202F}1111\u{2009}1111", .card),
        ("DE89\u{202F}3704\u{202F}0044\u{202F}0532\u{202F}0130\u{202F}00", .iban),
        ("DE89  3704 0044 0532 0130 00", .iban), ("219\u{2011}09\u{2011}9999", .nationalID),
        ("anna\u{FF20}example.org", .email), ("https://x.org/?u=anna%40example.org&v=1", .email),
        ("https://x.org/?u=anna%2540example.org", .email), ("mail anna&#64;example.org now", .email),
        ("mail anna&#x40;example&period;org now", .email), ("4111%201111%201111%201111", .card),
        ("Dear Mu\u{308}ller, thanks", .person), ("Dear Frau M&uuml;ller, thanks", .person),
    ])
    func `blanks, hyphens and escapes of all sorts hide nothing`(text: String, kind: PersonalKind) throws {
        let found = try PrivacyGround.found(text)
        #expect(found.count == 1 && found.first?.kind == kind, "\(found)")
        var map = try PrivacyGround.map()
        let redacted = try Redactor().redact(text, with: &map).text.text
        let digits = redacted.filter { "1234567890".contains($0) }.count
        #expect(digits < 10 && Restorer.restore(redacted, with: map).text == text)
    }

    @Test(arguments: [
        "mu\u{308}ller GmbH", "Mül\u{AD}ler GmbH", "M\u{200B}üller GmbH", "Müller\u{A0}GmbH", "M\\u00fcller GmbH",
        "M%C3%BCller GmbH", "MÜLLER\u{2011}GMBH", "Ｍüller GmbH", "Mu\\u0308ller GmbH",
    ])
    func `a user's own term is found however it is encoded`(text: String) throws {
        for term in ["Müller GmbH", "Mu\u{308}ller GmbH", "Mül\u{AD}ler\u{202F}GmbH"] {
            let found = try PrivacyGround.found("For \(text).", terms: OwnTerms([.init(term)]))
            #expect(found == [.init(.organisation, text)], "\(term)")
        }
    }

    @Test(arguments: [
        "100 % of 5%ab", "a&b; &lt;tag&gt; &amp;", "C:\\new\\temp\\readme.txt", "\\alpha \\beta \\nu \\tau \\u12",
        "10–20 – 1990–1995", "It’s “quoted” — really…", "\\", "%", "&", "&#", "&#;", "%4", "\\u", "\\x4", "e\u{308}",
        "\u{308}", "{}", "[]", "{\"a\": [1, 2.5, -3, null, true, \"b\"]}", "{\"count\": 12345, \"at\": \"2024-01-01\"}",
    ])
    func `what is nobody's stays so`(text: String) throws {
        #expect(try PrivacyGround.found(text).isEmpty)
    }

    @Test(arguments: [UInt64](1...20))
    func `escapes, marks and pieces glued at random come back as they were`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let glue = [
            "\\n", "\\\\n", "\\u00fc", "\\ud83d\\ude00", "%40", "%C3", "&#64;", "\u{308}", "\u{AD}", "\u{2011}", "{",
            "}",
            "\"", "\\\"", "[", "]", ",", ":", "\u{200B}", "＠", "\\", " ", "x",
        ]
        let redactor = Redactor()
        var map = try PrivacyGround.map()
        for _ in 0..<40 {
            let text = (0..<generator.integer(below: 12) + 1).map { _ in
                let all = generator.integer(below: 3) == 0 ? Self.pieces : glue
                return all[generator.integer(below: all.count)]
            }.joined()
            let redacted = try redactor.redact(text, with: &map).text.text
            #expect(Restorer.restore(redacted, form: .text, with: map).text == text, "seed \(seed)")
        }
    }
}
