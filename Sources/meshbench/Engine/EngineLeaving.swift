internal import MeshChat
internal import MeshCore
internal import MeshIO
internal import MeshInference

/// How soon the engine stops for a client that leaves: before anything was said, in its prompt, in its answer.
///
/// Stopped is when the model's thread says that it has no answer left to wait for or to compute.
struct EngineLeaving {
    private enum Stage: String, CaseIterable {
        case atOnce = "before the first event"
        case prefill = "in the prompt"
        case decode = "in the answer"
    }

    let benchmark: EngineBenchmark
    let clock: MachineClock

    func measure(_ figures: inout EngineFigures) async throws {
        let engine = try await benchmark.started(clock)
        defer { engine.close() }
        try await benchmark.firstToken(engine, benchmark.request("What is a hub?", 0))
        // What would last, if nobody left.
        var start = clock.now
        try await benchmark.firstToken(engine, prompt(0))
        figures.add("the prompt lasts", milliseconds(clock.now - start))
        start = clock.now
        _ = try await engine.answer(answering(0)).collect()
        figures.add("the answer lasts", milliseconds(clock.now - start))

        var generator = SeededGenerator(seed: 5)
        for round in 1...benchmark.rounds {
            let stage = Stage.allCases[round % 3]
            // Within the first 150 ms of what lasts much longer.
            let delay = Int.random(in: 0..<150_000, using: &generator)
            guard let time = try await leave(engine, stage, round, after: .microseconds(delay)) else {
                figures.add("left too late", 1)
                continue
            }
            figures.add("stopped, \(stage.rawValue)", time)
            figures.add("stopped, all", time)
            figures.add("stopped within 50 ms", time <= 50 ? 1 : 0)
        }
    }

    /// Milliseconds from the leaving until the engine has stopped; nil where it was over already, or further.
    private func leave(
        _ engine: EmbeddedEngine,
        _ stage: Stage,
        _ round: Int,
        after delay: Duration
    ) async throws -> Double? {
        let answer = try await engine.answer(stage == .decode ? answering(round) : prompt(round))
        switch stage {
        case .atOnce: break
        case .prefill: try await Task.sleep(for: delay)
        case .decode:
            while let event = try await answer.next() { if case .text = event { break } }
            let end = clock.now + delay
            // Whoever does not read is not computed for.
            while clock.now < end, try await answer.next() != nil {}
        }
        let isWhereItShouldBe = (answer.usageSoFar.outputTokens > 0) == (stage == .decode)
        guard isWhereItShouldBe, try await engine.activity(of: "bench").answers == 1 else { return nil }
        let start = clock.now
        answer.cancel()
        while try await engine.activity(of: "bench").answers > 0 {}
        return milliseconds(clock.now - start)
    }

    /// A prompt that comes near the end of the context; never the same, so that nothing of it is remembered.
    private func prompt(_ round: Int) throws -> GenerationRequest {
        let words = EngineBenchmark.longPrompt
        return try benchmark.request("\(round) " + words + words.dropLast(900), round)
    }

    private func answering(_ round: Int) throws -> GenerationRequest {
        try benchmark.request("Count from \(round).", round, tokens: 1_000)
    }
}
