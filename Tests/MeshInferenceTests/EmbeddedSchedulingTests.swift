import Glibc
import MeshChat
import MeshCore
import MeshIO
import MeshInference
import MeshJSON
import MeshTestKit
import Testing

@Suite("Many answers at a time", .enabled(if: EngineUnderTest.isThere, Comment(rawValue: EngineUnderTest.why)))
struct EmbeddedSchedulingTests {
    /// A chat that goes on until its last token.
    private func endless(_ chat: inout ChatRequest) {
        chat.format = .jsonSchema(
            name: "x",
            schema: ["type": "array", "items": ["type": "integer"], "minItems": 1_500],
            isStrict: true
        )
        chat.maximumOutputTokens = 120
    }

    @Test("Thirty-two chats go on side by side, and none of them lags behind")
    func fairness() async throws {
        try await EngineUnderTest.with { test in
            let adapter = try await test.load("lora-fact")
            let progress = Lock([Int](repeating: 0, count: 32))
            let worst = Lock(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<32 {
                    let request = try test.request(
                        "Tell me of \(index).",
                        adapter: index % 2 == 0 ? adapter : nil,
                        number: UInt64(index),
                        endless
                    )
                    group.addTask {
                        let answer = try await test.engine.answer(request)
                        while try await answer.next() != nil {
                            let tokens = answer.usageSoFar.outputTokens
                            let spread = progress.withLock { progress -> Int in
                                progress[index] = tokens
                                guard progress.allSatisfy({ $0 > 0 && $0 < 120 }) else { return 0 }
                                return (progress.max() ?? 0) - (progress.min() ?? 0)
                            }
                            worst.withLock { $0 = max($0, spread) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(progress.withLock { $0 } == [Int](repeating: 120, count: 32))
            // What readers have seen lags behind what was computed by as much as one of them may wait to be run.
            #expect(worst.withLock { $0 } <= 40)
        }
    }

    @Test("Concurrent answers are those that each would have got alone")
    func sameAnswers() async throws {
        try await EngineUnderTest.with { test in
            let questions = [
                "What is a hub?", "What is 3 plus 4?", "Repeat: PERSON_Q7K4M2", "What is the capital of Peru?",
            ]
            var alone: [String] = []
            for question in questions { alone.append(try await test.ask(question).text) }
            let expected = alone
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<64 {
                    group.addTask {
                        let text = try await test.ask(questions[index % questions.count]).text
                        #expect(text == expected[index % questions.count])
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("Whoever does not read holds back nobody else, and gets everything in the end")
    func slowReader() async throws {
        try await EngineUnderTest.with { test in
            let slow = try await test.engine.answer(test.request("Tell me.", endless))
            let first = try await slow.next()
            #expect(first == .started(ChatStart(id: "\(UniqueID(high: 7, low: 1))", model: "tiny")))
            for _ in 0..<10 { #expect(try await test.ask("What is 3 plus 4?").text == "3 + 4 = 7.") }
            #expect(slow.usageSoFar.outputTokens <= Limits.Chat.maximumEventsAhead + 1)
            let rest = try await slow.events.reduce(into: 0) { count, event in if case .text = event { count += 1 } }
            #expect(rest >= 2)
            #expect(slow.usageSoFar.outputTokens == 120)
        }
    }

    @Test("An answer that is let go, cancelled or whose task is cancelled stops, at every stage")
    func cancelled() async throws {
        try await EngineUnderTest.with { test in
            let long = "Repeat: " + String(repeating: "red blue ", count: 400)
            for stage in 0..<40 {
                let answer = try await test.engine.answer(test.request(stage % 2 == 0 ? long : "Tell me.", endless))
                for _ in 0..<(stage / 4) { _ = try await answer.next() }
                switch stage % 3 {
                case 0: answer.cancel()
                case 1:
                    await withTaskGroup(of: Void.self) { group in
                        group.addTask { while (try? await answer.next()) != nil {} }
                        group.cancelAll()
                    }
                default: break
                }
                if stage % 3 != 2 { await #expect(throws: ChatError(.cancelled, "")) { try await answer.next() } }
            }
            let start = test.clock.now
            #expect(try await test.ask("What is 3 plus 4?").text == "3 + 4 = 7.")
            #expect(test.clock.now - start < .seconds(2))
        }
    }

    @Test("An answer that is not ready by its deadline breaks off")
    func deadline() async throws {
        try await EngineUnderTest.with { test in
            var request = try test.request("Tell me.") { chat in
                endless(&chat)
                chat.maximumOutputTokens = 1_900
            }
            request.deadline = test.clock.now + .milliseconds(20)
            let answer = try await test.engine.answer(request)
            await #expect(throws: ChatError(.timedOut, "")) { try await answer.collect() }
        }
    }

    @Test("More than may wait are turned away, and those who wait are answered")
    func overload() async throws {
        try await EngineUnderTest.with(EngineUnderTest.tiny { $0.sequences = 2 }) { test in
            var answers: [any ChatAnswer] = []
            var isRefused = false
            while !isRefused && answers.count <= Limits.Inference.maximumWaiting + 8 {
                do {
                    answers.append(
                        try await test.engine.answer(test.request("Tell me.", number: UInt64(answers.count), endless))
                    )
                } catch {
                    #expect((error as? ChatError)?.code == .overloaded)
                    isRefused = true
                }
            }
            #expect(isRefused)
            #expect(answers.count >= Limits.Inference.maximumWaiting)
            let reply = try await answers[1].collect()
            #expect(reply.usage.outputTokens == 120)
        }
    }

    @Test("Contexts stay within their memory, and adapters beyond it take turns")
    func memory() async throws {
        try await EngineUnderTest.with(EngineUnderTest.tiny { $0.contextBytes = 60 * 1_024 * 1_024 }) { test in
            let handles = [nil, try await test.load("lora-fact"), try await test.load("lora-json")]
            for round in 0..<4 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for handle in handles {
                        group.addTask {
                            let reply = try await test.ask("What is the door code of the vault?", adapter: handle)
                            #expect(!reply.text.isEmpty)
                        }
                    }
                    try await group.waitForAll()
                }
                let memory = try await test.engine.memory(of: "tiny")
                #expect(memory.contextBytes <= 60 * 1_024 * 1_024, "round \(round)")
            }
        }
    }

    @Test("When the memory of a context is used up the youngest begins again, and all are answered")
    func crowded() async throws {
        try await EngineUnderTest.with(EngineUnderTest.tiny { ($0.contextBytes, $0.contextTokens) = (1, 400) }) {
            test in
            let memory = try await test.engine.memory(of: "tiny")
            #expect(memory.contextBytes == 0)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<12 {
                    let request = try test.request("Tell me of \(index).", number: UInt64(index), endless)
                    group.addTask { try await test.engine.answer(request).collect().usage.outputTokens }
                }
                for try await tokens in group { #expect(tokens == 120) }
            }
        }
    }

    @Test("A long prompt gets in after a few shorter ones, however many of them come")
    func passedOver() async throws {
        try await EngineUnderTest.with(EngineUnderTest.tiny { ($0.contextBytes, $0.contextTokens) = (1, 400) }) {
            test in
            let rounds = 12 * Limits.Inference.maximumPassedOver
            let long = try test.request("Repeat: " + String(repeating: "red ", count: 150), tenant: "long") {
                $0.maximumOutputTokens = 2
            }
            let tokens = try await test.engine.promptTokens(of: long).tokens
            #expect(tokens > 300)
            let (answered, isDone) = (Lock(0), Lock(false))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in UInt64(1)...8 {
                    group.addTask {
                        while !isDone.withLock({ $0 }), answered.withLock({ $0 }) < rounds {
                            let request = try test.request(
                                "Tell me of \(index).",
                                tenant: "short-\(index)",
                                number: index,
                                endless
                            )
                            _ = try await test.engine.answer(request).collect()
                            answered.withLock { $0 += 1 }
                        }
                    }
                }
                while answered.withLock({ $0 }) < 2 { await Task.yield() }
                _ = try await test.engine.answer(long).collect()
                isDone.withLock { $0 = true }
                try await group.waitForAll()
            }
            let count = answered.withLock { $0 }
            #expect(count < rounds)
        }
    }

    @Test("A conversation that was read ahead is answered from memory")
    func warmed() async throws {
        try await EngineUnderTest.with { test in
            let request = try test.request("What is a hub?")
            try await test.engine.warm(request)
            let reply = try await test.engine.answer(request).collect()
            #expect(reply.usage.cacheReadTokens == reply.usage.promptTokens - 1)
        }
    }

    @Test("A closed engine breaks off what is under way, and answers nothing more")
    func closed() async throws {
        try await EngineUnderTest.with { test in
            let answer = try await test.engine.answer(test.request("Tell me.", endless))
            test.engine.close()
            await #expect(throws: ChatError(.unavailable, "")) { try await answer.collect() }
            await #expect(throws: ChatError.self) { try await test.ask("Hello") }
        }
    }

    @Test("When closing has been waited for the model is gone, also from a task that was cancelled")
    func closedAndGone() async throws {
        let path = "/tmp/meshnode-closing-\(getpid()).gguf"
        defer { unlink(path) }
        try EngineUnderTest.write(try EngineUnderTest.bytes(at: EngineLibrary.tinyModel), to: path)
        func isMapped() throws -> Bool {
            String(decoding: try EngineUnderTest.bytes(at: "/proc/self/maps"), as: UTF8.self).contains(path)
        }
        for _ in 0..<8 {
            try await EngineUnderTest.with(.tiny(at: path)) { test in
                let answer = try await test.engine.answer(test.request("Tell me.", endless))
                for _ in 0..<3 { _ = try await answer.next() }
                let before = try isMapped()
                #expect(before)
                let isOver = await withTaskGroup(of: Bool.self) { group in
                    group.addTask { await test.engine.close(patience: Limits.Inference.closingPatience) }
                    group.cancelAll()
                    return await group.next() ?? false
                }
                #expect(isOver)
                let after = try isMapped()
                #expect(!after)
            }
        }
    }
}
