import MeshChat
import MeshCore
import MeshInference
import MeshJSON
import Testing

@Suite("Clients that leave", .enabled(if: EngineUnderTest.isThere, Comment(rawValue: EngineUnderTest.why)))
struct EmbeddedLeavingTests {
    @Test("Whoever leaves, before the first event, in the prompt or in the answer, is computed for no further")
    func leaving() async throws {
        try await EngineUnderTest.with { test in
            let words = String(repeating: "red river stone blue ", count: 220)
            for number in UInt64(0)..<24 {
                let isAnswering = number % 3 == 2
                let text = isAnswering ? "Count from \(number)." : "\(number) \(words)"
                let request = try test.request(text, number: number) { chat in
                    chat.maximumOutputTokens = 1_500
                    chat.format = .jsonSchema(
                        name: "numbers",
                        schema: ["type": "array", "items": ["type": "integer"], "minItems": 1_500],
                        isStrict: true
                    )
                }
                let answer = try await test.engine.answer(request)
                for _ in 0..<(isAnswering ? 3 + Int(number) : Int(number % 3)) { _ = try await answer.next() }
                answer.cancel()
                // Answered by the model's thread, so the batch that was running is over, and the next begins without.
                let left = try await test.engine.activity(of: "tiny")
                var last = left
                while last.answers > 0 { last = try await test.engine.activity(of: "tiny") }
                #expect(last.computedTokens == left.computedTokens)
                #expect((answer.usageSoFar.outputTokens > 0) == isAnswering)
                await #expect(throws: ChatError(.cancelled, "")) { try await answer.next() }
            }
        }
    }

    @Test("One of several who leaves takes nothing from the others")
    func oneOfSeveral() async throws {
        try await EngineUnderTest.with { test in
            let known = try await test.ask("What is a vector clock?").text
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in UInt64(1)...16 {
                    let request = try test.request("What is a vector clock?", number: number)
                    group.addTask {
                        let answer = try await test.engine.answer(request)
                        guard number % 2 == 0 else { return answer.cancel() }
                        #expect(try await answer.collect().text == known)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await test.engine.activity(of: "tiny").answers == 0)
        }
    }

    @Test("What was used for the prompt is said before the first word")
    func usage() async throws {
        try await EngineUnderTest.with { test in
            let request = try test.request("What is a hub?")
            let counted = try await test.engine.promptTokens(of: request).tokens
            let answer = try await test.engine.answer(request)
            var events: [ChatEvent] = []
            while let event = try await answer.next() { events.append(event) }
            guard events.count > 3, case .started = events[0], case .usage(let usage) = events[1],
                case .text = events[2], case .usage(let whole) = events[events.count - 2]
            else {
                Issue.record("another order: \(events)")
                return
            }
            #expect(usage.promptTokens == counted && usage.outputTokens == 0)
            #expect(whole.promptTokens == counted && whole.outputTokens > 0)
        }
    }

    @Test("A model that was made ready without a conversation has computed, and answers as ever")
    func warmed() async throws {
        try await EngineUnderTest.with { test in
            #expect(try await test.engine.memory(of: "tiny").contexts == 0)
            #expect(try await test.engine.warm(model: "tiny"))
            #expect(try await test.engine.warm(model: "tiny"))
            let fact = try await test.load("lora-fact")
            #expect(try await test.engine.warm(model: "tiny", adapter: fact))
            #expect(try await test.engine.memory(of: "tiny").contexts == 2)
            #expect(try await test.ask("What is 3 plus 4?").text == "3 + 4 = 7.")
            let reply = try await test.ask("What is the door code of the vault?", adapter: fact)
            #expect(reply.text == "The door code of the vault is 4711.")
            try await test.engine.unload(fact)
            await #expect(throws: ChatError(.unknownAdapter, "")) {
                try await test.engine.warm(model: "tiny", adapter: fact)
            }
            await #expect(throws: ChatError(.unknownModel, "")) { try await test.engine.warm(model: "other") }
        }
    }

    @Test("Where a request says no temperature the model's own counts")
    func temperature() async throws {
        func draws(_ model: EmbeddedModel) async throws -> Set<String> {
            var texts: Set<String> = []
            try await EngineUnderTest.with(model) { test in
                for number in UInt64(0)..<6 {
                    let request = try test.request("Repeat: red blue green", number: number) {
                        $0.maximumOutputTokens = 16
                    }
                    texts.insert(try await test.engine.answer(request).collect().text)
                }
            }
            return texts
        }
        #expect(try await draws(EngineUnderTest.tiny { _ in }).count == 1)
        #expect(try await draws(EngineUnderTest.tiny { $0.temperature = 4 }).count > 1)
    }
}
