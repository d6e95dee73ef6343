import MeshChat
import MeshCore
import Testing

@Suite("Whom a request goes to")
struct ModelDirectoryTests {
    /// 20 November 2026.
    private let now = WallTime(millisecondsSince1970: 1_795_132_800_000)

    private func directory(_ models: [String], local: Bool = true) throws -> ModelDirectory {
        let tiny = EngineModel(name: "tiny", contextTokens: 2_048, maximumOutputTokens: 512)
        let offers = models.map { model in
            ModelOffer(engine: model.hasPrefix("claude") ? "anthropic" : "openai", model: model, engineModel: model)
        }
        let own = ModelOffer(engine: "local", model: "tiny", engineModel: "tiny")
        return ModelDirectory(
            table: try ModelTable.shipped.get(),
            local: local ? [tiny] : [],
            offers: (local ? [own] : []) + offers
        )
    }

    private let all = [
        "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5", "gpt-6-luna", "gpt-6.1-sol", "gpt-6.1-terra",
        "gpt-4.1", "gpt-4o", "gpt-4",
    ]

    private func request(_ model: String) -> ChatRequest {
        ChatRequest(model: model, messages: [ChatMessage(.user, "hello")])
    }

    private func names(_ route: ModelRoute) -> [String] { route.choices.map(\.row.name) }

    @Test(
        "Names and aliases lead to a model, and the reason says how",
        arguments: [
            ("claude-opus-5-5", "claude-opus-5-5", "asked for by name"),
            ("sonnet", "claude-sonnet-5-5", "sonnet stands for claude-sonnet-5-5"),
            ("opus", "claude-opus-5-5", "opus stands for claude-opus-5-5"),
            ("gpt-4", "gpt-4.1", "gpt-4 stands for gpt-4.1, for it has ended"),
            ("gpt-4o", "gpt-4o", "asked for by name"),
            ("tiny", "tiny", "asked for by name"), ("local", "tiny", "the model of this hub"),
        ]
    )
    func names(_ asked: String, _ answers: String, _ reason: String) throws {
        let route = try directory(all).route(request(asked), promptTokens: 5, at: now)
        #expect(names(route) == [answers])
        #expect(route.reason == reason)
    }

    @Test(
        "Where there is no model at all the refusal says so, whatever is asked for",
        arguments: ["auto", "gpt-9", "sonnet", "local"]
    )
    func nothing(_ name: String) throws {
        let error = #expect(throws: ChatError.self) {
            try directory([], local: false).route(request(name), promptTokens: 1, at: now)
        }
        #expect(error?.code == .unknownModel && error?.message.contains("serves no model at all") == true)
        #expect(error?.failure?.parameter == "model")
    }

    @Test("An unknown model, one that nobody has, and one without a price now are refused, never free")
    func unknown() throws {
        let directory = try directory(["gpt-4.1"])
        for name in ["gpt-9", "claude-opus-5-5", "opus", "", "gpt-4-turbo-x"] {
            #expect(throws: ChatError(.unknownModel, "")) {
                try directory.route(request(name), promptTokens: 1, at: now)
            }
        }
        let before = WallTime(millisecondsSince1970: 0)
        #expect(throws: ChatError(.unknownModel, "")) {
            try directory.route(request("gpt-4.1"), promptTokens: 1, at: before)
        }
    }

    @Test("auto goes by images, length, tools and size, in this order, and says so")
    func automatic() throws {
        let directory = try directory(all)
        var request = request("auto")
        #expect(
            try names(directory.route(request, promptTokens: 10, at: now)) == [
                "claude-haiku-5-5", "gpt-6-luna", "tiny",
            ]
        )
        let middle = try directory.route(request, promptTokens: 5_000, at: now)
        #expect(names(middle).first == "claude-sonnet-5-5")
        #expect(middle.reason == "auto: neither short nor long, no images, no tools")
        request.tools = [ChatTool(name: "f")]
        let tools = try directory.route(request, promptTokens: 10, at: now)
        #expect(names(tools) == ["claude-sonnet-5-5", "gpt-6.1-sol", "gpt-6.1-terra"])
        #expect(tools.reason == "auto: the request has tools")
        let long = try directory.route(request, promptTokens: 200_000, at: now)
        #expect(long.reason == "auto: the prompt has more than 100000 tokens")
        request.messages[0].parts.append(ChatPart(.image(.remote(url: "https://example.org"))))
        let images = try directory.route(request, promptTokens: 200_000, at: now)
        #expect(names(images).first == "claude-haiku-5-5")
        #expect(images.reason == "auto: the request has images")
    }

    @Test("auto without any provider is the model of the hub, as far as that can")
    func alone() throws {
        let directory = try directory([])
        #expect(try names(directory.route(request("auto"), promptTokens: 10, at: now)) == ["tiny"])
        #expect(throws: ChatError(.contextExceeded, "")) {
            try directory.route(request("auto"), promptTokens: 3_000, at: now)
        }
        var tools = request("tiny")
        tools.tools = [ChatTool(name: "f")]
        #expect(throws: ChatError(.unsupported, "")) { try directory.route(tools, promptTokens: 1, at: now) }
    }

    @Test("Who pays nothing gets what costs nothing")
    func free() throws {
        let directory = try directory(all)
        let route = try directory.route(request("auto"), promptTokens: 10, paysNothing: true, at: now)
        #expect(names(route) == ["tiny"])
        #expect(throws: ChatError(.paymentRequired, "")) {
            try directory.route(request("opus"), promptTokens: 10, paysNothing: true, at: now)
        }
    }

    @Test("The list has each model once, and none that has ended")
    func list() throws {
        let names = try directory(all + ["gpt-4.1"]).models(at: now).map(\.name)
        #expect(names == ["tiny"] + all.dropLast())
    }

    @Test("The worst case is no less than any usage of that size")
    func worstCase() throws {
        var generator = SeededGenerator(seed: 7)
        let directory = try directory(all)
        for name in all.dropLast() {
            let choice = try #require(try directory.route(request(name), promptTokens: 1, at: now).choices.first)
            for _ in 0..<100 {
                var asked = request(name)
                asked.maximumOutputTokens = Int(generator.next() % 4_000) + 1
                let prompt = Int(generator.next() % 100_000)
                let worst = choice.worstCase(of: asked, promptTokens: prompt)
                let read = prompt == 0 ? 0 : Int(generator.next() % UInt64(prompt))
                let written = prompt - read == 0 ? 0 : Int(generator.next() % UInt64(prompt - read))
                let usage = ChatUsage(
                    inputTokens: prompt - read - written,
                    cacheReadTokens: read,
                    cacheWriteTokens: written,
                    outputTokens: min(asked.maximumOutputTokens ?? 0, choice.row.maximumOutputTokens)
                )
                #expect(choice.price.cost(of: usage) <= worst.cost)
            }
        }
    }

    @Test("What a model refuses is left out and named; what it takes stays")
    func parameters() throws {
        let table = try ModelTable.shipped.get()
        var request = request("m")
        request.sampling.temperature = 0.5
        request.sampling.topK = 3
        request.toolChoice = .named("f")
        request.reasoning.isWanted = true
        request.reasoning.maximumTokens = 2_000
        let sonnet = ParameterRules.fit(request, to: try #require(table["claude-sonnet-5-5"]))
        #expect(sonnet.dropped == ["temperature", "top_k", "thinking_budget", "tool_choice"])
        #expect(sonnet.request.sampling == Sampling())
        #expect(sonnet.request.toolChoice == .automatic)
        #expect(sonnet.request.reasoning.isWanted == true)
        let old = ParameterRules.fit(request, to: try #require(table["claude-opus-4-6"]))
        #expect(old.dropped == [])
        #expect(old.request == request)
    }
}
