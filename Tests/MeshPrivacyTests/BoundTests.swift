import Glibc
import MeshCore
import MeshJSON
import MeshPrivacy
import MeshWire
import Testing

/// What happens at each bound, and that time grows with length alone.
@Suite struct `Bounds of privacy` {
    @Test func `text beyond what is searched is refused`() throws {
        let text = String(repeating: " ", count: Limits.Privacy.maximumTextBytes + 1)
        #expect(throws: PrivacyError(.tooLarge, "")) { try Detector().spans(in: text) }
    }

    @Test func `a conversation has so many placeholders and no more`() throws {
        var map = try PrivacyGround.map()
        let redactor = Redactor()
        let text = (0..<Limits.Privacy.maximumPlaceholders).map { "u\($0)@example.org" }.joined(separator: " ")
        _ = try redactor.redact(text, with: &map)
        #expect(map.count == Limits.Privacy.maximumPlaceholders)
        #expect(throws: PrivacyError(.mapFull, "")) { try redactor.redact("one@more.org", with: &map) }
        #expect(try redactor.redact("u1@example.org", with: &map).report.total == 1, "known ones go on")
        #expect(try PlaceholderRecord(wireBytes: map.record.wireBytes).wireBytes == map.record.wireBytes)
    }

    @Test func `originals have so many bytes and no more`() throws {
        let original = String(repeating: "a", count: Limits.Privacy.maximumMapBytes + 1)
        let bytes = WireWriter.bytes { writer in
            writer.writeArrayHead(count: 2)
            writer.write(Int64(0))
            writer.writeArrayHead(count: 1)
            writer.writeArrayHead(count: 3)
            writer.write(UInt64(1))
            writer.write(original)
            // EMAIL_AAAAA with its check character.
            writer.write(UInt64(1) << 30 | 4)
        }
        let record = try PlaceholderRecord(wireBytes: bytes)
        #expect(throws: PrivacyError(.malformedMap, "")) { try PlaceholderMap(record, key: try PrivacyGround.key()) }
    }

    @Test func `a user has so many terms, of so many bytes`() throws {
        let many = (0...Limits.Privacy.maximumTerms).map { OwnTerms.Term("term\($0)") }
        #expect(throws: PrivacyError(.malformedTerms, "")) { try OwnTerms(many) }
        #expect(try OwnTerms(Array(many.dropLast())).terms.count == Limits.Privacy.maximumTerms)
        let long = String(repeating: "a", count: Limits.Privacy.maximumTermBytes + 1)
        #expect(throws: PrivacyError(.malformedTerms, "")) { try OwnTerms([.init(long)]) }
        #expect(throws: PrivacyError(.malformedTerms, "")) { try OwnTerms([.init(" - ")]) }
    }

    @Test func `of an answer no more is held back than a placeholder could need`() throws {
        var map = try PrivacyGround.map()
        let placeholder = try Redactor().redact("anna@example.org", with: &map).text.text
        let soft = "\u{AD}"
        let code = placeholder.dropFirst(6).map { "\($0)\(soft)" }.joined()
        var restorer = StreamRestorer(map: map)
        var most = 0
        for character in "email" + String(repeating: "\u{200B}", count: 6) + code + " end" {
            for scalar in character.unicodeScalars {
                _ = restorer.restore(String(scalar))
                most = max(most, restorer.heldBytes)
            }
        }
        #expect(most > 12 && most <= Limits.Privacy.maximumHeldBytes)
    }

    /// Four times the text may take about four times as long; what is quadratic takes sixteen times.
    @Test(arguments: [
        "@", "a@", "a.", "1", "1 ", "+", "(1", "1-", "::", "1:", "ab:", "://", "a://", "http://a@", "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----", "eyJ-", "eyJa.eyJa.", "sk-", "password", "password:", "password: ", "bearer ",
        "Anna ", "Anna-", "my name is ", "Dr. ", "1 Main ", "rue de ", "Straße 1 ", "address: A 1 ", "DE89 ", "4111 ",
        "PERSON_", "PERSON_ABCDE", "id ", "é", "\u{AD}", "{\"a\":", "from ", "born on 1 ", "A. ", "van ", "'", "\\",
        "\\n", "\\u00fc", "%40", "%25", "&#64;", "&", "e\u{308}", "\u{308}", "\u{2011}", "password: \"",
        "password=\"a ",
        "ip:1:", "\"", "a:1::",
    ])
    func `time grows with the length of a text and no faster`(pattern: String) throws {
        func quickest(_ bytes: Int) throws -> Double {
            let text = String(repeating: pattern, count: bytes / pattern.utf8.count)
            let map = try PrivacyGround.map()
            return try (0..<3).map { _ in
                let start = Self.processorSeconds()
                _ = try Detector().spans(in: text)
                _ = Restorer.restore(text, with: map)
                return Self.processorSeconds() - start
            }.min() ?? 0
        }
        let short = try quickest(4_096)
        let long = try quickest(16_384)
        #expect(long < short * 11 + 0.005, "\(short) s became \(long) s")
    }

    /// The same of documents, whose strings are searched one by one.
    @Test(arguments: ["\"a\",", "1234567,", "{\"a\": \"b c\"},", "\"\\n\\u00fc\","])
    func `time grows with the length of a document and no faster`(pattern: String) throws {
        func quickest(_ bytes: Int) throws -> Double {
            let text = "[" + String(repeating: pattern, count: bytes / pattern.utf8.count) + "0]"
            #expect(try JSONReader.read(text).array != nil)
            return try (0..<3).map { _ in
                let start = Self.processorSeconds()
                _ = try Detector().spans(in: text)
                return Self.processorSeconds() - start
            }.min() ?? 0
        }
        let short = try quickest(4_096)
        let long = try quickest(16_384)
        #expect(long < short * 11 + 0.005, "\(short) s became \(long) s")
    }

    /// What this thread has computed: other programs of the machine do not count.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
