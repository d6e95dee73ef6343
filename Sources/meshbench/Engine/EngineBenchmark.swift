internal import Glibc
internal import MeshChat
internal import MeshCore
internal import MeshIO
internal import MeshInference
internal import MeshJSON

/// The embedded engine with one model: how fast it answers, when, how evenly, and how soon it stops.
struct EngineBenchmark {
    /// What can be measured by itself.
    enum Part: String, CaseIterable {
        case first, rates, adapters, cancel
    }

    let library: LlamaLibrary
    let model: String
    let adapter: String?
    let rounds: Int

    /// Times in milliseconds; all parts but `cancel` where none is named.
    func run(_ part: Part?) async throws -> [EngineFigure] {
        let loop = try EventLoop.start(name: "engine-bench")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        var figures = EngineFigures()
        if part == .cancel {
            try await EngineLeaving(benchmark: self, clock: clock).measure(&figures)
            return figures.all
        }
        for round in 0..<rounds {
            if part == nil || part == .first { try await first(clock, round, &figures) }
            if part == nil || part == .rates { try await rates(clock, round, &figures) }
            if let adapter, part == nil || part == .adapters { try await adapters(clock, adapter, round, &figures) }
        }
        return figures.all
    }

    /// An engine with the model, ready.
    func started(_ clock: MachineClock) async throws -> EmbeddedEngine {
        var configuration = EmbeddedModel(name: "bench", path: model)
        configuration.temperature = 0
        return try await EmbeddedEngine.start([configuration], library: library, clock: clock)
    }

    // MARK: - The first token

    /// From the call to the first words, with ever more made ready before.
    private func first(_ clock: MachineClock, _ round: Int, _ figures: inout EngineFigures) async throws {
        let start = clock.now
        let engine = try await started(clock)
        try await firstToken(engine, request("What is a hub?", round))
        figures.add("first token, nothing loaded", milliseconds(clock.now - start))
        engine.close()

        let loaded = try await started(clock)
        defer { loaded.close() }
        try await figures.add(
            "first token, no context",
            timed(clock) {
                try await firstToken(loaded, request("What is a hub?", round))
            }
        )
        try await figures.add(
            "first token, another prompt",
            timed(clock) {
                try await firstToken(loaded, request("Define peer.", round))
            }
        )
        let question = try request("What is the capital of Peru?", round)
        try await loaded.warm(question)
        try await figures.add("first token, prompt warmed", timed(clock) { try await firstToken(loaded, question) })
        let long = try request(Self.longPrompt + "What is a hub?", round)
        try await figures.add("first token, long prompt", timed(clock) { try await firstToken(loaded, long) })
        let other = try request("So: " + Self.longPrompt + "What is a hub?", round)
        try await loaded.warm(other)
        try await figures.add("first token, long prompt warmed", timed(clock) { try await firstToken(loaded, other) })

        let ready = try await started(clock)
        defer { ready.close() }
        _ = try await ready.warm(model: "bench")
        try await figures.add(
            "first token, context warmed",
            timed(clock) {
                try await firstToken(ready, request("What is a hub?", round))
            }
        )
    }

    // MARK: - Rates

    private func rates(_ clock: MachineClock, _ round: Int, _ figures: inout EngineFigures) async throws {
        let engine = try await started(clock)
        defer { engine.close() }
        try await firstToken(engine, request("What is a hub?", round))
        let start = clock.now
        let reply = try await engine.answer(request("Count.", round, tokens: 200)).collect()
        let tokens = Double(reply.usage.outputTokens)
        figures.add("one chat, tokens/s", tokens / milliseconds(clock.now - start) * 1_000)

        let begun = clock.now
        let chats = try await withThrowingTaskGroup(of: (tokens: Int, end: Double).self) { group in
            for index in 0..<32 {
                let request = try request("Count from \(index).", round * 32 + index, tokens: 50)
                group.addTask {
                    let reply = try await engine.answer(request).collect()
                    return (reply.usage.outputTokens, milliseconds(clock.now - begun))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let ends = chats.map(\.end)
        figures.add("32 chats, tokens/s", Double(chats.reduce(0) { $0 + $1.tokens }) / (ends.max() ?? 1) * 1_000)
        figures.add("32 chats, Jain", jain(chats.map { Double($0.tokens) / $0.end }))
        figures.add("32 chats, slowest:fastest", (ends.max() ?? 1) / (ends.min() ?? 1))
    }

    /// 1 where all have the same.
    private func jain(_ shares: [Double]) -> Double {
        let sum = shares.reduce(0, +)
        return sum * sum / (Double(shares.count) * shares.reduce(0) { $0 + $1 * $1 })
    }

    // MARK: - Adapters

    private func adapters(
        _ clock: MachineClock,
        _ path: String,
        _ round: Int,
        _ figures: inout EngineFigures
    ) async throws {
        let engine = try await started(clock)
        defer { engine.close() }
        try await firstToken(engine, request("Hello", round))
        let artifact = try Self.artifact(path)
        var handle: AdapterHandle?
        try await figures.add("adapter load", timed(clock) { handle = try await engine.load(artifact) })
        try await figures.add(
            "first token, adapter's first",
            timed(clock) {
                try await firstToken(engine, request("Hello", round, adapter: handle))
            }
        )
        try await figures.add(
            "first token, same adapter",
            timed(clock) {
                try await firstToken(engine, request("Who are you?", round, adapter: handle))
            }
        )
        try await figures.add(
            "first token, back to none",
            timed(clock) {
                try await firstToken(engine, request("What are you?", round))
            }
        )
        try await figures.add(
            "first token, swapped",
            timed(clock) {
                try await firstToken(engine, request("What is a peer?", round, adapter: handle))
            }
        )
    }

    // MARK: - Requests

    func firstToken(_ engine: EmbeddedEngine, _ request: GenerationRequest) async throws {
        let answer = try await engine.answer(request)
        while let event = try await answer.next() { if case .text = event { return } }
    }

    /// About 1,100 tokens of the tiny model, whose context has 2,048.
    static let longPrompt = "Repeat: " + String(repeating: "red river stone blue ", count: 130)

    /// A question; with `tokens` its answer has exactly so many, for the grammar lets it not end.
    func request(
        _ text: String,
        _ number: Int,
        adapter: AdapterHandle? = nil,
        tokens: Int? = nil
    ) throws -> GenerationRequest {
        var chat = ChatRequest(model: "bench", messages: [ChatMessage(.user, text)])
        chat.maximumOutputTokens = tokens ?? 16
        if tokens != nil {
            let schema: JSONValue = ["type": "array", "items": ["type": "integer"], "minItems": 1_500]
            chat.format = .jsonSchema(name: "numbers", schema: schema, isStrict: true)
        }
        return GenerationRequest(
            id: UniqueID(high: 1, low: UInt64(number)),
            tenant: try TenantID("bench"),
            model: "bench",
            chat: chat,
            adapter: adapter
        )
    }

    private static func artifact(_ path: String) throws -> AdapterArtifact {
        let file = open(path, O_RDONLY)
        defer { close(file) }
        var status = stat()
        guard file >= 0, fstat(file, &status) == 0 else { throw EngineError(.noFile, "no adapter at \(path)") }
        let size = Int(status.st_size)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, size))
        }
        let key = AdapterKey(tenant: try TenantID("bench"), content: SHA256.digest(bytes))
        return AdapterArtifact(key: key, model: "bench", format: .gguf, path: path)
    }

    private func timed(_ clock: MachineClock, _ body: () async throws -> Void) async throws -> Double {
        let start = clock.now
        try await body()
        return milliseconds(clock.now - start)
    }
}

func milliseconds(_ duration: Duration) -> Double { Double(duration.wholeNanoseconds) / 1e6 }
