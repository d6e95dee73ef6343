internal import Glibc
internal import MeshChat
internal import MeshCore
internal import MeshIO
internal import MeshInference
internal import MeshJSON

/// The embedded engine with one model: how fast it answers, when, and how evenly.
struct EngineBenchmark {
    let library: LlamaLibrary
    let model: String
    let adapters: [String]
    let rounds: Int

    /// Figures by name; times in milliseconds, the median of the rounds.
    func run() async throws -> [(name: String, value: Double)] {
        let loop = try EventLoop.start(name: "engine-bench")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        var cold: [Double] = []
        var first: [Double] = []
        var warmed: [Double] = []
        var rates: [Double] = []
        var loads: [Double] = []
        var swapped: [Double] = []
        var together: [Double] = []
        var spreads: [Double] = []
        for round in 0..<rounds {
            let start = clock.now
            var configuration = EmbeddedModel(name: "bench", path: model)
            configuration.temperature = 0
            let engine = try await EmbeddedEngine.start([configuration], library: library, clock: clock)
            defer { engine.close() }
            try await firstToken(engine, request("What is a hub?", round))
            cold.append(milliseconds(clock.now - start))
            first.append(try await timed(clock) { try await firstToken(engine, request("Define peer.", round)) })
            let question = try request("What is the capital of Peru?", round)
            try await engine.warm(question)
            warmed.append(try await timed(clock) { try await firstToken(engine, question) })

            let answered = clock.now
            let reply = try await engine.answer(request("Count.", round, tokens: 400)).collect()
            rates.append(Double(reply.usage.outputTokens) / milliseconds(clock.now - answered) * 1_000)

            for path in adapters {
                let artifact = try Self.artifact(path)
                var handle: AdapterHandle?
                loads.append(try await timed(clock) { handle = try await engine.load(artifact) })
                try await firstToken(engine, request("Hello", round, adapter: handle))
                swapped.append(
                    try await timed(clock) {
                        try await firstToken(engine, request("Who are you?", round, adapter: handle))
                    }
                )
            }
            let (rate, spread) = try await chats(engine, clock, round)
            together.append(rate)
            spreads.append(spread)
        }
        var figures = [
            ("first token cold, ms", median(cold)), ("first token, ms", median(first)),
            ("first token warmed, ms", median(warmed)), ("one chat, tokens/s", median(rates)),
            ("32 chats, tokens/s", median(together)), ("32 chats, slowest:fastest", median(spreads)),
        ]
        if !adapters.isEmpty {
            figures.append(("adapter load, ms", median(loads)))
            figures.append(("first token after a swap, ms", median(swapped)))
        }
        return figures.map { (name: $0.0, value: $0.1) }
    }

    /// Tokens a second of 32 chats together, and how many times as long the last took as the first.
    private func chats(_ engine: EmbeddedEngine, _ clock: MachineClock, _ round: Int) async throws -> (Double, Double) {
        let start = clock.now
        let ends = try await withThrowingTaskGroup(of: Double.self) { group in
            for index in 0..<32 {
                let request = try request("Count from \(index).", round * 32 + index, tokens: 100)
                group.addTask {
                    _ = try await engine.answer(request).collect()
                    return milliseconds(clock.now - start)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let (fastest, slowest) = (ends.min() ?? 1, ends.max() ?? 1)
        return (3_200 / slowest * 1_000, slowest / fastest)
    }

    private func firstToken(_ engine: EmbeddedEngine, _ request: GenerationRequest) async throws {
        let answer = try await engine.answer(request)
        while let event = try await answer.next() { if case .text = event { return } }
    }

    /// A question; with `tokens` its answer has exactly so many, for the grammar lets it not end.
    private func request(
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

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

private func milliseconds(_ duration: Duration) -> Double { Double(duration.wholeNanoseconds) / 1e6 }
