import MeshChat
import MeshCore
import MeshJSON
import MeshPrivacy
import Testing

/// Putting originals back: whole, cut at every place, rewritten by a model, inside JSON.
@Suite struct `Restoring answers` {
    private let original = """
        Dear Anna Schmidt, we wrote to anna@example.org and +49 30 1234567; your card 4111 1111 1111 1111 and the \
        account DE89 3704 0044 0532 0130 00 are on file, you were born on 12.03.1980.
        """

    private func conversation() throws -> (text: String, map: PlaceholderMap) {
        var map = try PrivacyGround.map()
        let text = try Redactor().redact(original, with: &map).text.text
        return (text, map)
    }

    private func restored(_ pieces: [String], _ map: PlaceholderMap) -> String {
        var restorer = StreamRestorer(map: map)
        return pieces.map { restorer.restore($0) }.joined() + restorer.finish()
    }

    @Test func `a stream means the same wherever it is cut in two or three, and in pieces of each length`() throws {
        let (text, map) = try conversation()
        #expect(!text.contains("Anna") && text.contains("PERSON_"))
        let characters = Array(text)
        for first in 0...characters.count {
            let head = String(characters[..<first])
            #expect(restored([head, String(characters[first...])], map) == original)
            let second = min(first + 5, characters.count)
            let middle = String(characters[first..<second])
            #expect(restored([head, middle, String(characters[second...])], map) == original)
        }
        for length in 1...characters.count {
            let pieces = stride(from: 0, to: characters.count, by: length).map { start in
                String(characters[start..<min(start + length, characters.count)])
            }
            #expect(restored(pieces, map) == original)
        }
    }

    @Test(arguments: [UInt64](1...20))
    func `the same for pieces of lengths drawn by a seed, of a text with marks of all sorts`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let (text, map) = try conversation()
        let marked =
            text.replacing("PERSON_", with: "**Person\\_").replacing("EMAIL_", with: "email\u{2011}") + " card ID_ x"
        let whole = Restorer.restore(marked, with: map)
        var pieces: [String] = []
        var rest = marked.unicodeScalars[...]
        while !rest.isEmpty {
            let length = generator.integer(below: 9)
            pieces.append(String(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        #expect(restored(pieces, map) == whole.text)
        #expect(whole.tally.restored == 6)
    }

    @Test func `text that cannot be a placeholder is not held back`() throws {
        let (_, map) = try conversation()
        var restorer = StreamRestorer(map: map)
        for word in ["The ", "quick brown ", "fox, ", "PLEASE ", "12 ", "said. ", "decide ", "period "] {
            #expect(restorer.restore(word) == word)
        }
        #expect(restorer.restore("PERS") == "")
        #expect(restorer.restore("IST") == "PERSIST")
        #expect(restorer.restore("EMAIL_") == "")
        #expect(restorer.finish() == "EMAIL_")
    }

    /// What models do to words that they should copy.
    private static let rewritings: [(name: String, change: @Sendable (_ word: String, _ code: String) -> String)] = [
        ("as it was", { "\($0)_\($1)" }), ("bold", { "**\($0)_\($1)**" }), ("italics", { "_\($0)_\($1)_" }),
        ("code", { "`\($0)_\($1)`" }), ("escaped", { "\($0)\\_\($1)" }), ("escaped twice", { "\($0)\\\\_\($1)" }),
        ("small", { "\($0.lowercased())_\($1.lowercased())" }), ("title", { "\($0.capitalisedWord)_\($1)" }),
        ("possessive", { "\($0)_\($1)'s" }), ("curly possessive", { "\($0)_\($1)’s" }), ("plural", { "\($0)_\($1)s" }),
        ("small plural", { "\($0.lowercased())_\($1.lowercased())s" }), ("German genitive", { "\($0)_\($1)es" }),
        ("Polish case", { "\($0)_\($1)owi" }), ("Turkish case", { "\($0)_\($1)'nin" }),
        ("quoted", { "\"\($0)_\($1)\"" }),
        ("French quotes", { "«\($0)_\($1)»" }), ("brackets", { "[\($0)_\($1)](x)" }), ("tag", { "<b>\($0)_\($1)</b>" }),
        ("angle brackets", { "<\($0)_\($1)>" }), ("space", { "\($0) \($1)" }), ("hyphen", { "\($0)-\($1)" }),
        ("hard hyphen", { "\($0)\u{2011}\($1)" }), ("hard space", { "\($0)\u{A0}\($1)" }),
        ("line break", { "\($0)_\n\($1)" }),
        ("soft hyphen", { "\($0)_\($1.prefix(3))\u{AD}\($1.dropFirst(3))" }),
        ("zero width", { "\($0)_\u{200B}\($1)" }), ("bold word", { "**\($0)**\\_\($1)" }),
        ("colon", { "\($0)_\($1): yes" }),
        ("underscored tail", { "\($0)_\($1)_2" }), ("list", { "\n- \($0)_\($1)\n" }), ("table", { "|\($0)_\($1)|" }),
    ]

    @Test func `what a model does to placeholders is undone in 99.5 of 100, and never wrongly`() throws {
        let (text, map) = try conversation()
        let placeholders = text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.filter { $0.contains("_") }
        #expect(placeholders.count == 6)
        var (right, wrong, all) = (0, 0, 0)
        for placeholder in placeholders {
            let parts = placeholder.split(separator: "_").map(String.init)
            let value = Restorer.restore(String(placeholder), with: map).text
            for rewriting in Self.rewritings {
                for (before, behind) in [("", ""), ("Dear ", ", hello"), ("x: ", "."), ("(", ")")] {
                    all += 1
                    let changed = before + rewriting.change(parts[0], parts[1]) + behind
                    let result = Restorer.restore(changed, with: map)
                    if result.text.contains(value) { right += 1 } else if result.tally.restored > 0 { wrong += 1 }
                }
            }
        }
        #expect(Double(right) >= 0.995 * Double(all), "\(right) of \(all)")
        #expect(wrong == 0)
    }

    @Test func `a broken placeholder stays and is counted, and none is ever guessed`() throws {
        let (text, map) = try conversation()
        let code = Array(try #require(text.split(separator: "EMAIL_").last).prefix(6))
        for place in code.indices {
            var broken = code
            broken[place] = broken[place] == "7" ? "8" : "7"
            let result = Restorer.restore("to EMAIL_\(String(broken)).", with: map)
            #expect(result.text == "to EMAIL_\(String(broken)).")
            #expect(result.tally.restored == 0 && result.tally.broken == 1)
        }
        for other in ["EMAIL_\(String(code))7", "EMAIL_\(String(code.dropLast()))", "EMAIL_", "XMAIL_\(String(code))"] {
            #expect(Restorer.restore(other, with: map).text == other)
        }
        var foreign = try PrivacyGround.map(session: "other")
        let unknown = try Redactor().redact("bob@example.org", with: &foreign).text.text
        #expect(Restorer.restore(unknown, with: map).text == unknown, "of another conversation")
    }

    @Test func `inside JSON an original is escaped`() throws {
        var map = try PrivacyGround.map()
        let terms = try OwnTerms([.init("C \"D\" E")])
        let placeholder = try Redactor(terms: terms).redact("C \"D\" E", with: &map).text.text
        let arguments = "{\"to\": \"\(placeholder)\"}"
        let result = Restorer.restore(arguments, form: .json, with: map)
        #expect(try JSONReader.read(result.text)["to"]?.text == "C \"D\" E")
        #expect(
            Restorer.restore(arguments, with: map).text == result.text,
            "a document stays one unless told otherwise"
        )
        #expect(Restorer.restore(arguments, form: .text, with: map).text == "{\"to\": \"C \"D\" E\"}")
    }

    @Test func `an answer in JSON stays JSON, whole and in pieces`() throws {
        var map = try PrivacyGround.map()
        let original = "C \"D\"\nE"
        let placeholder = try Redactor(terms: OwnTerms([.init(original)])).redact(original, with: &map).text.text
        let text = "{\"to\": \"\(placeholder)\"}"
        for format in [ResponseFormat.jsonObject, .jsonSchema(name: "n", schema: [:], isStrict: true)] {
            var restorer = AnswerRestorer(map: map, format: format)
            var said = ""
            for character in text {
                for case .text(let piece) in restorer.restore(.text(String(character))) { said += piece }
            }
            for case .text(let piece) in restorer.restore(.ended(.endOfTurn)) { said += piece }
            #expect(try JSONReader.read(said)["to"]?.text == original)
            let reply = ChatReply(
                start: ChatStart(id: "1", model: "m"),
                parts: [.text(text)],
                stopReason: .endOfTurn,
                usage: ChatUsage()
            )
            #expect(Restorer.restore(reply, format: format, with: map).0.text == said)
        }
    }

    @Test(arguments: 1...12)
    func `a number comes back as one, where its placeholder is a whole value`(length: Int) throws {
        var map = try PrivacyGround.map()
        let document = "{\"card\": 4111111111111111, \"text\": \"5500-0055-5555-5559\"}"
        let redacted = try Redactor().redact(document, with: &map).text.text
        let card = map.pairs.first { $0.original == "4111111111111111" }?.placeholder.text ?? "none"
        #expect(redacted.contains("\"card\": \"\(card)\""))
        let answers = [
            (redacted, document), ("[\"\(card)\" , \"\(card)\"]", "[4111111111111111 , 4111111111111111]"),
            ("{\"\(card)\" : \"of \(card)\"}", "{\"4111111111111111\" : \"of 4111111111111111\"}"),
            ("{\"a\": \"say \\\"\(card)\\\"\"}", "{\"a\": \"say 4111111111111111\"}"),
            ("\"\(card)\"", "4111111111111111"), ("[\"", "[\""), ("[\"\(card)", "[\"4111111111111111"),
        ]
        for (answer, expected) in answers {
            var restorer = StreamRestorer(map: map, form: .json)
            var (said, rest) = ("", answer[...])
            while !rest.isEmpty {
                said += restorer.restore(String(rest.prefix(length)))
                rest = rest.dropFirst(length)
            }
            #expect(said + restorer.finish() == expected)
        }
        _ = try Redactor().redact("{\"card\": \"4111111111111111\"}", with: &map)
        #expect(
            Restorer.restore("[\"\(card)\"]", form: .json, with: map).text == "[\"4111111111111111\"]",
            "text since"
        )
    }

    @Test func `an answer's events are restored, each part for itself, whatever is cut off`() throws {
        let (text, map) = try conversation()
        let person = try #require(text.split(separator: " ").first { $0.hasPrefix("PERSON_") }).prefix(13)
        let (head, tail) = (String(person.prefix(9)), String(person.dropFirst(9)))
        var restorer = AnswerRestorer(map: map)
        let events: [ChatEvent] = [
            .started(ChatStart(id: "1", model: "m")), .thinking("Of \(head)"), .thinking(tail), .thinkingSigned("seal"),
            .text("Hello \(head)"), .text("\(tail)"), .toolUseStarted(id: "2", name: "mail"),
            .toolUseArguments("{\"to\": \"\(head)"), .toolUseArguments("\(tail)\"}"), .toolUseEnded,
            .text("Bye \(head)"), .usage(ChatUsage()), .ended(.stopSequence(String(person))),
        ]
        let restored = events.flatMap { restorer.restore($0) }
        var builder = ChatReplyBuilder()
        for event in restored { try builder.take(event) }
        let reply = try #require(builder.reply())
        #expect(reply.text == "Hello Anna SchmidtBye \(head)", "a beginning without its end comes out as it is")
        #expect(reply.parts[0].content == .thinking(.open(text: "Of Anna Schmidt", signature: "seal")))
        let uses = reply.parts.compactMap { part in if case .toolUse(let use) = part.content { use } else { nil } }
        #expect(uses.map(\.arguments) == ["{\"to\": \"Anna Schmidt\"}"])
        #expect(reply.stopReason == .stopSequence("Anna Schmidt"))
        #expect(restorer.tally.restored == 4)
    }

    @Test func `a whole answer is restored as its events are`() throws {
        let (text, map) = try conversation()
        let use = ToolUse(id: "1", name: "t", arguments: "{\"a\": \"\(text)\"}")
        let reply = ChatReply(
            start: ChatStart(id: "1", model: "m"),
            parts: [.text(text), ChatPart(.toolUse(use))],
            stopReason: .endOfTurn,
            usage: ChatUsage()
        )
        let (restored, tally) = Restorer.restore(reply, with: map)
        #expect(restored.text == original)
        #expect(tally.restored == 12 && tally.broken == 0)
        var builder = ChatReplyBuilder()
        var restorer = AnswerRestorer(map: map)
        for event in reply.events.flatMap({ restorer.restore($0) }) { try builder.take(event) }
        #expect(builder.reply() == restored)
    }
}

extension String {
    fileprivate var capitalisedWord: String { prefix(1).uppercased() + dropFirst().lowercased() }
}
