import MeshChat
import MeshCore
import MeshJSON
import MeshPrivacy
import MeshTestKit
import Testing

/// Whole requests, policies, and that what is restored is what it was.
@Suite struct `Redacting requests` {
    private let mail = "anna@example.org"

    /// A request that has an address in each of its fields.
    private func request() -> ChatRequest {
        var request = ChatRequest(
            model: "model-of-\(mail)",
            system: [.text("System for \(mail)")],
            messages: [
                ChatMessage(
                    .user,
                    [.text("I am \(mail)"), ChatPart(.image(.remote(url: "https://h.de/\(mail).png")))]
                ),
                ChatMessage(
                    .assistant,
                    [
                        ChatPart(.thinking(.open(text: "think of \(mail)", signature: "seal"))),
                        ChatPart(
                            .toolUse(
                                ToolUse(
                                    id: "call \(mail)",
                                    name: "tool \(mail)",
                                    arguments:
                                        "{\"to\": [\"\(mail)\"], \"\(mail)\": 1, \"a\\u0062c\": \"x\\u0040y.org\"}"
                                )
                            )
                        ),
                    ]
                ),
                ChatMessage(
                    .user,
                    [
                        ChatPart(.toolResult(ToolResult(id: "call \(mail)", parts: [.text("found \(mail)")]))),
                        ChatPart(.image(.inline(type: "image/png", base64: "AAAA"))),
                    ]
                ),
            ]
        )
        let schema: JSONValue = ["type": "object", "description": .string("for \(mail)"), "enum": [.string(mail)]]
        request.tools = [ChatTool(name: "t \(mail)", description: "d \(mail)", schema: schema)]
        request.toolChoice = .named("t \(mail)")
        request.stopSequences = ["stop \(mail)"]
        request.format = .jsonSchema(name: "n \(mail)", schema: ["title": .string(mail)], isStrict: true)
        request.reasoning.effort = "effort \(mail)"
        request.metadata["who"] = .string(mail)
        request.metadata["list"] = [.string(mail), ["deep": .string(mail)]]
        request.user = "customer-4711"
        return request
    }

    @Test func `every text of a request is searched`() throws {
        var map = try PrivacyGround.map()
        let redacted = try Redactor().redact(request(), with: &map)
        var said = ""
        dump(redacted.request, to: &said)
        #expect(!said.contains(mail) && !said.contains("anna"))
        #expect(!said.contains("4711"), "who the user is, is nobody's business")
        #expect(!said.contains("x@y.org") && !said.contains("u0040"), "escapes hide nothing")
        #expect(redacted.report.counts[.email] == 24)
        #expect(redacted.report.unsearched == 1, "a picture")
        #expect(!redacted.report.isComplete)
        let arguments = try JSONReader.read(redacted.request.messages[1].parts[1].content.arguments ?? "")
        #expect(arguments["abc"]?.text?.hasPrefix("EMAIL_") == true)
    }

    @Test func `what belongs together still does`() throws {
        var map = try PrivacyGround.map()
        let redacted = try Redactor().redact(request(), with: &map).request
        let use = try #require(redacted.messages[1].parts[1].content.use)
        let result = try #require(redacted.messages[2].parts[0].content.result)
        #expect(use.id == result.id)
        #expect(redacted.toolChoice == .named(redacted.tools[0].name))
        #expect(try JSONReader.read(use.arguments).object?.count == 3)
    }

    @Test func `arguments in which nothing is found stay to the letter`() throws {
        var map = try PrivacyGround.map()
        let arguments = "{ \"a\" : 1.50, \"b\":\"\\u00e9\" }"
        let use = ToolUse(id: "1", name: "t", arguments: arguments)
        let request = ChatRequest(model: "m", messages: [ChatMessage(.assistant, [ChatPart(.toolUse(use))])])
        #expect(try Redactor().redact(request, with: &map).request == request)
    }

    @Test func `a key says what its value is, and a number may be a card`() throws {
        var map = try PrivacyGround.map()
        let arguments = "{\"lastName\": \"Xhaferi\", \"card\": 4111111111111111, \"count\": 12}"
        let use = ToolUse(id: "1", name: "t", arguments: arguments)
        let request = ChatRequest(model: "m", messages: [ChatMessage(.assistant, [ChatPart(.toolUse(use))])])
        let redacted = try Redactor().redact(request, with: &map).request
        let read = try JSONReader.read(redacted.messages[0].parts[0].content.arguments ?? "")
        #expect(read["lastName"]?.text?.hasPrefix("PERSON_") == true)
        #expect(read["card"]?.text?.hasPrefix("CARD_") == true)
        #expect(read["count"]?.integer == 12)
    }

    @Test func `a name that is told once is replaced everywhere, also before`() throws {
        var map = try PrivacyGround.map()
        let request = ChatRequest(
            model: "m",
            messages: [
                ChatMessage(.user, "Tell Xhaferi that I am late."),
                ChatMessage(.user, "My name is Drita Xhaferi."),
            ]
        )
        let redacted = try Redactor().redact(request, with: &map).request
        #expect(!redacted.messages[0].text.contains("Xhaferi"))
        #expect(!(try Redactor().redact("Xhaferi again", with: &map).text.text).contains("Xhaferi"), "and later")
    }

    @Test(arguments: [
        "Dear Ms. Grace Hopper, see you. Regards, Grace Hopper", "My name is Ada Lovelace. Best, Ada Lovelace",
    ])
    func `a given name that is a word like others goes with the family name that is known`(text: String) throws {
        var map = try PrivacyGround.map()
        let redacted = try Redactor().redact(text, with: &map).text.text
        #expect(!redacted.contains("Grace") && !redacted.contains("Ada"), "\(redacted)")
        #expect(map.count == 1, "and has the same placeholder")
        // Alone it is a word.
        let alone = try Redactor().redact("Grace is a virtue", with: &map).text.text
        #expect(alone == "Grace is a virtue")
    }

    @Test func `a kind that is blocked refuses the request and names the field, not the value`() throws {
        var map = try PrivacyGround.map()
        var policy = PrivacyPolicy()
        policy[.email] = .block
        let redactor = Redactor(policy: policy)
        let request = ChatRequest(
            model: "m",
            messages: [ChatMessage(.user, "hello"), ChatMessage(.user, "to \(mail)")]
        )
        let error = #expect(throws: PrivacyError(.blocked, "")) { try redactor.redact(request, with: &map) }
        let blocked = try #require(error?.cause as? BlockedField)
        #expect(blocked.field == "messages[1].parts[0]" && blocked.kind == .email)
        #expect(error?.chain.contains("anna") == false)
        #expect(try redactor.redact("10.1.2.3", with: &map).report.total == 1, "others are redacted")
    }

    @Test func `a user and old placeholders are replaced whatever is done with national numbers`() throws {
        for action in PrivacyPolicy.Action.allCases {
            var map = try PrivacyGround.map()
            var policy = PrivacyPolicy()
            policy[.nationalID] = action
            var request = ChatRequest(model: "m", messages: [ChatMessage(.user, "see EMAIL_Q7K4M2")])
            let old = try Redactor().redact(mail, with: &map).text.text
            request.messages.append(ChatMessage(.user, "and \(old)"))
            request.user = "customer-4711"
            let redacted = try Redactor(policy: policy).redact(request, with: &map).request
            #expect(redacted.user?.hasPrefix("ID_") == true)
            #expect(redacted.messages[1].text.hasPrefix("and ID_"))
            #expect(Restorer.restore(redacted.messages[0].text, with: map).text == "see EMAIL_Q7K4M2")
        }
        var map = try PrivacyGround.map()
        var policy = PrivacyPolicy()
        policy[.nationalID] = .block
        #expect(throws: PrivacyError(.blocked, "")) {
            try Redactor(policy: policy).redact("It is 219-09-9999.", with: &map)
        }
    }

    @Test(arguments: ["text/plain", "application/pdf", "image/svg+xml", "image/anna", "anna@example.org", ""])
    func `what is sent as a picture and is none is refused, and the field named`(type: String) throws {
        var map = try PrivacyGround.map()
        let picture = ChatPart(.image(.inline(type: type, base64: "YW5uYUBleGFtcGxlLm9yZw==")))
        let request = ChatRequest(model: "m", messages: [ChatMessage(.user, [.text("look"), picture])])
        for policy in [PrivacyPolicy(), PrivacyPolicy(.pass)] {
            let error = #expect(throws: PrivacyError(.unsearchable, "")) {
                try Redactor(policy: policy).redact(request, with: &map)
            }
            #expect((error?.cause as? UnsearchableField)?.field == "messages[0].parts[1]")
            #expect(error?.chain.contains("anna") == false)
        }
        for known in ["image/png", "image/JPEG", "image/webp", "image/gif"] {
            var request = request
            request.messages[0].parts[1] = ChatPart(.image(.inline(type: known, base64: "AAAA")))
            #expect(try Redactor().redact(request, with: &map).report.unsearched == 1)
        }
    }

    @Test func `a kind that is passed stays`() throws {
        var map = try PrivacyGround.map()
        var policy = PrivacyPolicy(.pass)
        policy[.card] = .redact
        let text = try Redactor(policy: policy).redact("\(mail) 4111111111111111", with: &map).text.text
        #expect(text.hasPrefix("\(mail) CARD_"))
    }

    @Test func `what looks like a placeholder already comes back as it was`() throws {
        var map = try PrivacyGround.map()
        let redactor = Redactor()
        let placeholder = try redactor.redact(mail, with: &map).text.text
        for text in [placeholder, placeholder.lowercased(), "**\(placeholder)**s", "see \(placeholder) and \(mail)"] {
            let redacted = try redactor.redact(text, with: &map).text.text
            #expect(Restorer.restore(redacted, with: map).text == text)
        }
    }

    @Test(arguments: [UInt64](1...40))
    func `restoring what was redacted gives the same text, whatever it was`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var map = try PrivacyGround.map()
        let redactor = Redactor()
        for _ in 0..<25 {
            let text = Self.text(&generator)
            let redacted = try redactor.redact(text, with: &map).text.text
            #expect(Restorer.restore(redacted, with: map).text == text, "seed \(seed)")
            #expect(try redactor.redact(text, with: &map).text.text == redacted, "and redacting again the same")
        }
    }

    /// Pieces of personal data, of words, and of what stands between them, glued at random.
    private static func text(_ generator: inout SeededGenerator) -> String {
        (0..<generator.integer(below: 14) + 1).map { _ in pieces[generator.integer(below: pieces.count)] }.joined()
    }

    private static let pieces = [
        "anna@example.org", "Anna Schmidt", "+49 30 1234567", "4111111111111111", "DE89370400440532013000", "10.1.2.3",
        "my name is ", "Dear ", "born 12.03.1980", "Geißlerallee 6\n51396 Niesky", "https://a:b@c.de", "219-09-9999",
        "6e:10:a1:69:5b:99",
        " ", " ", ", ", ".", "\n", "_", "-", "'s", "s", "X", "7", "é", "Ł", "日本", "😀", "\"", "\\", "{", "ID_",
        "PERSON_",
        "EMAIL_Q7K4M2", "person", "password: ", "\u{AD}", "(", ")", "<", ">", "@", ":", "a",
        "sk-abcdefghij0123456789ABCD",
    ]
}

extension ChatPart.Content {
    fileprivate var use: ToolUse? { if case .toolUse(let use) = self { use } else { nil } }
    fileprivate var arguments: String? { use?.arguments }
    fileprivate var result: ToolResult? { if case .toolResult(let result) = self { result } else { nil } }
}

/// What a model is told of placeholders.
@Suite struct `Instructing the model` {
    @Test func `a request with placeholders says what they are, last in its system`() throws {
        var map = try PrivacyGround.map()
        var request = ChatRequest(model: "m", messages: [ChatMessage(.user, "I am anna@example.org")])
        request.system = [ChatPart(.text("Be brief"), cached: .oneHour)]
        let redacted = try Redactor().redact(request, with: &map).instructed
        #expect(redacted.request.system == [request.system[0], .text(Redactor.instruction.text)])
        #expect(redacted.report.total == 1)
        #expect(redacted.instructed == redacted, "once is enough")
    }

    @Test func `a request without any says nothing of them`() throws {
        var map = try PrivacyGround.map()
        let request = ChatRequest(model: "m", messages: [ChatMessage(.user, "Hello")])
        #expect(try Redactor().redact(request, with: &map).instructed.request == request)
    }

    @Test func `what two texts had adds up`() throws {
        var map = try PrivacyGround.map()
        let one = try Redactor().redact("anna@example.org", with: &map).report
        let two = try Redactor().redact("bob@example.org, 192.0.2.77", with: &map).report
        #expect((one + two).counts == [.email: 2, .ip: 1])
    }
}
