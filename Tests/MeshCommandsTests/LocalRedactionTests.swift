import MeshCommands
import MeshCore
import MeshJSON
import MeshPrivacy
import Testing

@Suite struct `What would leave this machine` {
    private static func redaction(
        _ policy: PrivacyPolicy = PrivacyPolicy(),
        _ terms: OwnTerms = OwnTerms(),
        random: UInt8 = 1
    ) -> LocalRedaction {
        LocalRedaction(policy: policy, terms: terms, random: Array(repeating: random, count: TokenKey.byteCount))
    }

    @Test func `has placeholders, and the pairs stay here`() throws {
        var redaction = Self.redaction()
        let text = try redaction.text("My name is Ada Lovelace, write to ada@example.org.")
        #expect(!text.contains("Ada") && !text.contains("example.org"))
        #expect(redaction.counts == [.person: 1, .email: 1] && redaction.total == 2)
        for pair in redaction.pairs { #expect(text.contains(pair.placeholder.text)) }
        #expect(redaction.pairs.map(\.original) == ["Ada Lovelace", "ada@example.org"])
        var other = Self.redaction(random: 2)
        let otherText = try other.text("My name is Ada Lovelace, write to ada@example.org.")
        #expect(otherText != text)
    }

    @Test func `is a whole request without the asker's own names for it`() throws {
        let request = """
            {"request_id": "ada-1", "session_id": "ada", "query": "Write to Ada Lovelace", "max_tokens": 5,
             "context": {"local_knowledge": [{"name": "a.txt", "text": "My name is Ada Lovelace"}],
             "constraints": ["kind"]}}
            """
        var redaction = Self.redaction()
        let json = try redaction.request(Array(request.utf8))
        #expect(!JSONWriter.text(of: json).contains("Lovelace"), "a name is known by what says that it is one")
        #expect(json["request_id"] == nil && json["session_id"] == nil && json["max_tokens"]?.integer == 5)
        #expect(redaction.counts == [.person: 2])
    }

    @Test func `shows the names that travel as they would leave`() throws {
        let request = """
            {"request_id": "q-1", "query": "Why?", "max_tokens": 5, "model_preference": "tiny",
             "project_id": "ada@example.org", "lora_id": "eve@example.org"}
            """
        var redaction = Self.redaction()
        let json = try redaction.request(Array(request.utf8))
        #expect(json["model_preference"]?.text == "tiny" && redaction.counts == [.email: 2])
        for name in ["project_id", "lora_id"] { #expect(json[name]?.text?.hasPrefix("EMAIL_") == true, "\(name)") }
    }

    @Test(arguments: [
        #"{"model":"m","messages":[{"role":"user","content":"I am ada@example.org"}],"user":"ada","seed":1,"odd":2}"#,
        #"{"model":"m","max_tokens":9,"system":"to ada@example.org","messages":[{"role":"user","content":"hi"}]}"#,
    ])
    func `is a chat in the dialect of either vendor`(request: String) throws {
        var redaction = Self.redaction()
        let json = try redaction.request(Array(request.utf8))
        #expect(!JSONWriter.text(of: json).contains("example.org") && json["messages"]?.array?.isEmpty == false)
        #expect(redaction.counts[.email] == 1)
        #expect((redaction.dropped == ["odd"]) == request.contains("odd"))
    }

    @Test(arguments: ["nonsense", "[]", "{}", #"{"query":"x"}"#, #"{"messages":1}"#])
    func `says what is wrong with a request`(request: String) {
        var redaction = Self.redaction()
        #expect(throws: QuestionFault.self) { try redaction.request(Array(request.utf8)) }
        #expect(Limits.Commands.maximumRedactBytes <= Limits.Privacy.maximumTextBytes)
    }

    @Test func `is refused where a kind is blocked, and left alone where it is passed`() throws {
        var policy = PrivacyPolicy()
        (policy[.email], policy[.person]) = (.block, .pass)
        var redaction = Self.redaction(policy, try OwnTerms([OwnTerms.Term("Bluebird")]))
        let text = try redaction.text("My name is Ada Lovelace of Bluebird")
        #expect(text.hasPrefix("My name is Ada Lovelace of ORG_"))
        let error = #expect(throws: PrivacyError.self) { try redaction.text("ada@example.org") }
        #expect(error?.code == .blocked && error?.message.contains("ada@") == false)
    }
}
