import MeshCore
import MeshJSON
import MeshPrivacy
import MeshTestKit
import MeshWire
import Testing

/// What placeholders look like, when they are the same, and how a map is kept.
@Suite struct `Placeholders` {
    private let mail = "anna@example.org"

    private func placeholder(_ text: String, _ map: inout PlaceholderMap) throws -> String {
        try Redactor().redact(text, with: &map).text.text
    }

    @Test func `the same original has the same placeholder, in another session or tenant another one`() throws {
        var map = try PrivacyGround.map()
        let first = try placeholder(mail, &map)
        #expect(try placeholder(mail, &map) == first)
        #expect(try placeholder("other@example.org", &map) != first)
        var again = try PrivacyGround.map()
        #expect(try placeholder(mail, &again) == first, "also when the map was lost")
        var other = try PrivacyGround.map(session: "session-2")
        #expect(try placeholder(mail, &other) != first)
        var foreign = try PrivacyGround.map(tenant: "other")
        #expect(try placeholder(mail, &foreign) != first)
    }

    @Test func `each is a word, a mark and six characters that nobody takes for each other`() throws {
        var map = try PrivacyGround.map()
        for number in 0..<200 {
            let text = try placeholder("user\(number)@example.org", &map)
            #expect(text.hasPrefix("EMAIL_") && text.utf8.count == 12)
            #expect(text.dropFirst(6).allSatisfy { "ABCDEFGHJKMNPQRSTUVWXYZ23456789".contains($0) })
        }
        #expect(map.count == 200)
    }

    @Test func `their words are those that the tiny model was trained to copy`() throws {
        let bytes = try #require(RepositoryFile.bytes("models/tiny/tokenizer.json"))
        let known = try #require(try JSONReader.read(bytes)["added_tokens"]?.array).compactMap { $0["content"]?.text }
        var map = try PrivacyGround.map()
        let text = """
            My name is Anna Schmidt, anna@example.org, +49 30 1234567, born on 12.03.1980, 10.1.2.3, SSN 219-09-9999,
            4111111111111111, DE89370400440532013000, https://a:b@c.de, sk-abcdefghij0123456789ABCD,
            Address: Geißlerallee 6, 51396 Niesky. Nightjar
            """
        let redacted = try Redactor(terms: OwnTerms([.init("Nightjar")])).redact(text, with: &map).text.text
        let words = redacted.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.filter { $0.contains("_") }
        let prefixes = Set(words.map { String($0.split(separator: "_")[0]) + "_" })
        #expect(prefixes.count == 12)
        #expect(prefixes.isSubset(of: known))
    }

    @Test func `no exchanged character and no swapped pair gives another placeholder`() throws {
        var map = try PrivacyGround.map()
        for number in 0..<40 { _ = try placeholder("user\(number)@example.org", &map) }
        let text = try placeholder(mail, &map)
        let characters = Array(text)
        for place in 6..<12 {
            for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" where other != characters[place] {
                var changed = characters
                changed[place] = other
                let result = Restorer.restore(String(changed), with: map)
                #expect(result.text == String(changed) && result.tally.restored == 0)
            }
            for other in place + 1..<12 where characters[place] != characters[other] {
                var changed = characters
                changed.swapAt(place, other)
                #expect(Restorer.restore(String(changed), with: map).tally.restored == 0)
            }
        }
        let code = text.dropFirst(6)
        for word in ["PERSON", "PHONE", "ADDRESS", "CARD", "IBAN", "IP", "DATE", "ID", "URL", "SECRET", "ORG"] {
            #expect(Restorer.restore("\(word)_\(code)", with: map).tally.restored == 0, "nor another word")
        }
    }

    @Test func `a map survives its wire form, and none of another conversation is taken`() throws {
        var map = try PrivacyGround.map()
        let text = "My name is Anna Schmidt, \(mail), 4111111111111111"
        let redacted = try placeholder(text, &map)
        let bytes = map.record.wireBytes
        let kept = try PlaceholderMap(try PlaceholderRecord(wireBytes: bytes), key: try PrivacyGround.key())
        #expect(Restorer.restore(redacted, with: kept).text == text)
        #expect(kept.record.wireBytes == bytes)
        #expect(throws: PrivacyError(.malformedMap, "")) {
            try PlaceholderMap(try PlaceholderRecord(wireBytes: bytes), key: try PrivacyGround.key(session: "other"))
        }
        #expect(throws: WireError.self) { try PlaceholderRecord(wireBytes: Array(bytes.dropLast())) }
    }

    @Test func `nothing says what a map or a text holds`() throws {
        var map = try PrivacyGround.map()
        let redacted = try Redactor().redact("\(mail) and a secret", with: &map).text
        var dumped = ""
        dump(map, to: &dumped)
        dump(map.record, to: &dumped)
        dump(redacted, to: &dumped)
        dump(try PrivacyGround.key(), to: &dumped)
        let said = dumped + "\(map) \(map.record) \(redacted) \(String(reflecting: redacted))"
        #expect(!said.contains("anna") && !said.contains("secret"))
    }

    @Test func `a map ends when it has not been used for its lifetime, which has a bound`() throws {
        var map = try PrivacyGround.map()
        let day: Int64 = 86_400_000
        #expect(!map.isExpired(now: WallTime(millisecondsSince1970: day), lifetime: .seconds(86_400)))
        #expect(map.isExpired(now: WallTime(millisecondsSince1970: day + 1), lifetime: .seconds(86_400)))
        map.touch(now: WallTime(millisecondsSince1970: day))
        #expect(!map.isExpired(now: WallTime(millisecondsSince1970: 2 * day), lifetime: .seconds(86_400)))
        let longest = Limits.Privacy.longestMapLifetime.components.seconds * 1_000
        let late = WallTime(millisecondsSince1970: day + longest + 1)
        #expect(map.isExpired(now: late, lifetime: .seconds(1_000_000_000)))
    }
}
