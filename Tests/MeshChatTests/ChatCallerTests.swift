import MeshChat
import MeshCore
import MeshTestKit
import Testing

@Suite("Calls along a route")
struct ChatCallerTests {
    private static let whole: [ChatEvent] = [
        .started(ChatStart(id: "a", model: "m")), .text("Hi"), .usage(ChatUsage(inputTokens: 1, outputTokens: 1)),
        .ended(.endOfTurn),
    ]
    private static let busy = ChatError(.overloaded, "busy")

    private static func route(_ engines: String...) throws -> ModelRoute {
        let row = try ModelTable.shipped.get()["claude-sonnet-5-5"]
        guard let row, let price = row.prices.last?.price else { throw ChatError(.unknownModel, "no row") }
        return ModelRoute(
            choices: engines.map { name in
                ModelChoice(row: row, price: price, offer: ModelOffer(engine: name, model: row.name, engineModel: name))
            },
            reason: "test"
        )
    }

    private static func request(isStreamed: Bool = true) throws -> GenerationRequest {
        var chat = ChatRequest(model: "sonnet", messages: [ChatMessage(.user, "hello")])
        chat.sampling.temperature = 1
        chat.isStreamed = isStreamed
        return GenerationRequest(id: UniqueID(high: 0, low: 1), tenant: try TenantID("t"), model: "", chat: chat)
    }

    @Test("An engine that is busy is asked again, another one after it, and the answer says whose it is")
    func fallback() throws {
        let outcome = try SeededRun.run(seed: 1) { world in
            let first = ScriptedEngine([.refuse(Self.busy)], clock: world.clock)
            let second = ScriptedEngine([.answer(Self.whole)], clock: world.clock)
            let caller = ChatCaller(
                engines: ["one": first, "two": second],
                clock: world.clock,
                generator: world.generator
            )
            let answer = try await caller.answer(try Self.request(), along: try Self.route("one", "two"))
            #expect(first.calls.count == 2)
            #expect(second.calls.first?.model == "two")
            #expect(second.calls.first?.chat.sampling.temperature == nil)
            #expect(answer.dropped == ["temperature"])
            #expect(answer.choice.offer.engine == "two")
            return try await answer.collect()
        }
        #expect(try outcome.result.get().text == "Hi")
    }

    @Test("An answer that breaks off before its first word is tried again; after it, the client is told")
    func firstWord() throws {
        let outcome = try SeededRun.run(seed: 2) { world in
            let early = ScriptedEngine(
                [.breakOff([Self.whole[0]], Self.busy), .answer(Self.whole)],
                clock: world.clock
            )
            let late = ScriptedEngine([.breakOff(Array(Self.whole[...1]), Self.busy)], clock: world.clock)
            let caller = ChatCaller(
                engines: ["early": early, "late": late],
                clock: world.clock,
                generator: world.generator
            )
            let answer = try await caller.answer(try Self.request(), along: try Self.route("early", "late"))
            #expect(try await answer.collect().text == "Hi")
            #expect(early.calls.count == 2)
            let broken = try await caller.answer(try Self.request(), along: try Self.route("late", "early"))
            await #expect(throws: Self.busy) { try await broken.collect() }
            #expect(late.calls.count == 1)
        }
        try outcome.result.get()
    }

    @Test("An engine that does not begin in time is stopped, and the next one is asked")
    func silence() throws {
        let outcome = try SeededRun.run(seed: 3) { world in
            let silent = ScriptedEngine([.hang], clock: world.clock)
            let other = ScriptedEngine([.answer(Self.whole)], clock: world.clock)
            let caller = ChatCaller(
                engines: ["silent": silent, "other": other],
                clock: world.clock,
                generator: world.generator
            )
            let begun = world.clock.now
            let answer = try await caller.answer(try Self.request(), along: try Self.route("silent", "other"))
            #expect(answer.choice.offer.engine == "other")
            #expect(silent.cancelled == 1)
            #expect(world.clock.now - begun == .seconds(120))
        }
        try outcome.result.get()
    }

    @Test("An engine that keeps failing is left alone, and asked again when its time is over")
    func breaker() throws {
        let outcome = try SeededRun.run(seed: 4) { world in
            let failing = ScriptedEngine([.refuse(ChatError(.upstreamBilling, "pay"))], clock: world.clock)
            let caller = ChatCaller(engines: ["one": failing], clock: world.clock, generator: world.generator)
            let route = try Self.route("one")
            await #expect(throws: ChatError(.upstreamBilling, "")) {
                try await caller.answer(try Self.request(), along: route)
            }
            #expect(!caller.isAsked("one"))
            try await world.clock.sleep(for: .seconds(2))
            let error = await #expect(throws: ChatError(.unavailable, "")) {
                try await caller.answer(try Self.request(), along: route)
            }
            #expect(error?.failure?.retryAfter == .seconds(3))
            #expect(failing.calls.count == 1)
            try await world.clock.sleep(for: .seconds(3))
            await #expect(throws: ChatError(.upstreamBilling, "")) {
                try await caller.answer(try Self.request(), along: route)
            }
            #expect(failing.calls.count == 2)
        }
        try outcome.result.get()
    }

    @Test(
        "An engine of our own that is busy or slow is not left alone; one that fails is, and so is a busy provider",
        arguments: [
            (.overloaded, true, true), (.timedOut, true, true), (.rateLimited, true, true),
            (.engineFailed, true, false), (.unavailable, true, false), (.overloaded, false, false),
            (.timedOut, false, false),
        ] as [(ChatErrorCode, Bool, Bool)]
    )
    func congestion(_ code: ChatErrorCode, _ isOwn: Bool, _ isAsked: Bool) throws {
        let outcome = try SeededRun.run(seed: 6) { world in
            let engine = ScriptedEngine([.refuse(ChatError(code, "as the script says"))], clock: world.clock)
            let caller = ChatCaller(
                engines: ["one": engine],
                own: isOwn ? ["one"] : [],
                clock: world.clock,
                generator: world.generator
            )
            for _ in 0..<6 { _ = try? await caller.answer(try Self.request(), along: try Self.route("one")) }
            #expect(caller.isAsked("one") == isAsked)
        }
        try outcome.result.get()
    }

    @Test("A client that leaves stops the engine at once, and the engine is not blamed")
    func leaving() throws {
        let outcome = try SeededRun.run(seed: 5) { world in
            let silent = ScriptedEngine([.hang], clock: world.clock)
            let caller = ChatCaller(engines: ["one": silent], clock: world.clock, generator: world.generator)
            let request = try Self.request()
            let route = try Self.route("one")
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: ChatError(.cancelled, "")) {
                        try await caller.answer(request, along: route)
                    }
                }
                group.addTask { try? await world.clock.sleep(for: .seconds(1)) }
                await group.next()
                group.cancelAll()
            }
            #expect(silent.cancelled == 1)
            #expect(caller.isAsked("one"))
            #expect(world.clock.now == Instant.origin + .seconds(1))
        }
        try outcome.result.get()
    }
}
