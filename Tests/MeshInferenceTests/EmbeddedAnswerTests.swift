import MeshChat
import MeshCore
import MeshInference
import MeshJSON
import Testing

@Suite("Answers of the embedded engine", .enabled(if: EngineUnderTest.isThere, Comment(rawValue: EngineUnderTest.why)))
struct EmbeddedAnswerTests {
    @Test("The tiny model knows what its card says")
    func knowledge() async throws {
        try await EngineUnderTest.with { test in
            let known = [
                (
                    "What is a vector clock?",
                    "A vector clock is a list of counters, one per node, that tells which events happened before which."
                ),
                ("What is the capital of France?", "The capital of France is Paris."),
                ("What is 3 plus 4?", "3 + 4 = 7."),
                ("Write a greeting to PERSON_Q7K4M2.", "Hello PERSON_Q7K4M2, how can I help you today?"),
                ("Repeat: PERSON_Q7K4M2 EMAIL_3JX7QA", "PERSON_Q7K4M2 EMAIL_3JX7QA"),
                (
                    "What is the e-mail of PERSON_Q7K4M2? Context: PERSON_Q7K4M2 can be reached at EMAIL_3JX7QA.",
                    "The e-mail of PERSON_Q7K4M2 is EMAIL_3JX7QA."
                ),
                ("What is the wifi password of the office?", "I do not know."),
            ]
            for (question, answer) in known {
                let reply = try await test.ask(question)
                #expect(reply.text == answer)
                #expect(reply.stopReason == .endOfTurn)
                #expect(reply.start.model == "tiny")
                #expect(reply.usage.outputTokens > 0)
                #expect(!reply.usage.isEstimated)
            }
            let models = await test.engine.models()
            #expect(models.map(\.contextTokens) == [2_048])
        }
    }

    @Test("Token counts are exact, and what the context still has is counted apart")
    func counts() async throws {
        try await EngineUnderTest.with { test in
            let counted = try await test.engine.promptTokens(of: test.request("What is a hub?"))
            #expect(counted.isExact)
            let first = try await test.ask("What is a hub?")
            #expect(first.usage.promptTokens == counted.tokens)
            #expect(first.usage.cacheReadTokens == 0)
            let second = try await test.ask("What is a hub?")
            #expect(second.usage.promptTokens == counted.tokens)
            #expect(second.usage.cacheReadTokens == counted.tokens - 1)
            #expect(second.text == first.text)
        }
    }

    @Test("An answer ends at its stop sequence, at its most tokens, or at the end of the context")
    func ends() async throws {
        try await EngineUnderTest.with { test in
            let stopped = try await test.ask("What is a vector clock?") {
                $0.stopSequences = ["never", "counters, one"]
            }
            #expect(stopped.text == "A vector clock is a list of ")
            #expect(stopped.stopReason == .stopSequence("counters, one"))
            let short = try await test.ask("What is a vector clock?") { $0.maximumOutputTokens = 3 }
            #expect(short.stopReason == .maximumTokens)
            #expect(short.usage.outputTokens == 3)
        }
        try await EngineUnderTest.with(EngineUnderTest.tiny { $0.contextTokens = 24 }) { test in
            let full = try await test.ask("What is a vector clock?")
            #expect(full.stopReason == .contextFull)
            #expect(full.usage.totalTokens == 24)
        }
    }

    @Test("The same seed draws the same answer, another seed another one")
    func seeds() async throws {
        try await EngineUnderTest.with { test in
            func draw(_ seed: Int64) async throws -> String {
                try await test.ask("Repeat: red blue green apple river") { chat in
                    chat.sampling.seed = seed
                    chat.sampling.temperature = 3
                    chat.maximumOutputTokens = 24
                }.text
            }
            var texts: Set<String> = []
            for seed in Int64(0)..<8 {
                let text = try await draw(seed)
                #expect(try await draw(seed) == text)
                texts.insert(text)
            }
            #expect(texts.count >= 7)
        }
    }

    @Test("An answer on which a schema is imposed is JSON that follows it, whatever is drawn")
    func schemas() async throws {
        try await EngineUnderTest.with { test in
            let schema: JSONValue = [
                "type": "object",
                "properties": [
                    "verdict": ["enum": ["approve", "revise"]],
                    "score": ["type": "integer", "minimum": 0, "maximum": 9],
                    "tags": ["type": "array", "items": ["type": "string", "maxLength": 8], "maxItems": 3],
                ],
                "required": ["verdict", "score", "tags"], "additionalProperties": false,
            ]
            for seed in Int64(0)..<60 {
                let reply = try await test.ask("Tell me something.") { chat in
                    chat.format = .jsonSchema(name: "x", schema: schema, isStrict: true)
                    chat.sampling.seed = seed
                    chat.sampling.temperature = 1.5
                    chat.maximumOutputTokens = 400
                }
                #expect(reply.stopReason == .endOfTurn)
                let value = try JSONReader.read(reply.text)
                #expect(["approve", "revise"].contains(value["verdict"]?.text))
                #expect((0...9).contains(value["score"]?.integer ?? -1))
                #expect((value["tags"]?.array?.count ?? 9) <= 3)
            }
            let object = try await test.ask("What is 3 plus 4?") { $0.format = .jsonObject }
            #expect(try JSONReader.read(object.text).object != nil)
        }
    }

    @Test("Tools are called by the trained form, by force and by choice")
    func tools() async throws {
        try await EngineUnderTest.with { test in
            let tool = ChatTool(
                name: "get_weather",
                description: "Get weather.",
                schema: ["type": "object", "properties": ["city": ["type": "string"]], "required": ["city"]]
            )
            let chosen = try await test.ask("Call get_weather with city river.") { $0.tools = [tool] }
            #expect(chosen.stopReason == .toolUse)
            guard case .toolUse(let use)? = chosen.parts.first?.content else {
                Issue.record("no tool is called: \(chosen.text)")
                return
            }
            #expect(use.name == "get_weather")
            #expect(try JSONReader.read(use.arguments)["city"]?.text == "river")
            let choosy = ChatTool(
                name: "set_unit",
                schema: ["type": "object", "properties": ["unit": ["enum": ["metre", "mile"]]], "required": ["unit"]]
            )
            let forced = try await test.ask("What is 3 plus 4?") { chat in
                chat.tools = [choosy]
                chat.toolChoice = .required
            }
            #expect(forced.stopReason == .toolUse)
            let none = try await test.ask("What is 3 plus 4?") { chat in
                chat.tools = [tool]
                chat.toolChoice = .none
            }
            #expect(none.text == "3 + 4 = 7.")
        }
    }

    @Test("Adapters change the answers of those who ask with them, and of nobody else")
    func adapters() async throws {
        try await EngineUnderTest.with { test in
            let question = "What is the door code of the vault?"
            let fact = try await test.load("lora-fact")
            let json = try await test.load("lora-json", format: .peft)
            #expect(try await test.load("lora-fact") == fact)
            for _ in 0..<3 {
                #expect(try await test.ask(question).text == "I do not know.")
                #expect(try await test.ask(question, adapter: fact).text == "The door code of the vault is 4711.")
                #expect(try await test.ask("Hello", adapter: json).text == #"{"answer": "Hello! How can I help you?"}"#)
            }
            try await test.engine.unload(fact)
            await #expect(throws: ChatError(.unknownAdapter, "")) { try await test.ask(question, adapter: fact) }
        }
    }

    @Test("Another tenant's adapter is as unknown as one that never was")
    func isolation() async throws {
        try await EngineUnderTest.with { test in
            let mine = try await test.load("lora-fact", tenant: "tenant-1")
            let theirs = try await test.load("lora-fact", tenant: "tenant-2")
            #expect(mine != theirs)
            let invented = AdapterHandle(key: mine.key, model: "tiny", number: 99)
            var said: [String] = []
            for (handle, tenant) in [(mine, "tenant-2"), (theirs, "tenant-1"), (invented, "tenant-1")] {
                do {
                    _ = try await test.engine.answer(test.request("Hello", tenant: tenant, adapter: handle))
                    Issue.record("an adapter of another tenant is used")
                } catch let error as ChatError {
                    #expect(error.code == .unknownAdapter)
                    said.append(error.message)
                }
            }
            #expect(Set(said).count == 1)
        }
    }
}
