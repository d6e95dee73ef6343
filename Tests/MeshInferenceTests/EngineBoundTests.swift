import MeshChat
import MeshCore
import MeshInference
import Testing

@Suite("Bounds of the embedded engine", .enabled(if: EngineUnderTest.isThere, Comment(rawValue: EngineUnderTest.why)))
struct EngineBoundTests {
    @Test("A conversation with more bytes than any model reads is refused before it is looked at")
    func bytes() async throws {
        try await EngineUnderTest.with { test in
            let long = String(repeating: "x", count: Limits.Inference.maximumPromptBytes + 1)
            await #expect(throws: ChatError(.contextExceeded, "")) { try await test.ask(long) }
        }
    }

    @Test("A prompt longer than a batch is read in pieces, and one answer is what it would be anyhow")
    func pieces() async throws {
        try await EngineUnderTest.with { test in
            let filler = String(repeating: "red ", count: Limits.Inference.maximumBatchTokens + 100)
            let reply = try await test.ask("Repeat: \(filler)") { $0.maximumOutputTokens = 1 }
            #expect(reply.usage.promptTokens > Limits.Inference.maximumBatchTokens)
        }
    }

    @Test("A model that says it reads more than is allowed reads what is allowed, unless the operator says otherwise")
    func context() async throws {
        let wanted = EngineUnderTest.tiny { $0.contextTokens = Limits.Inference.maximumContextTokens }
        try await EngineUnderTest.with(wanted) { test in
            // The tiny model was trained with less.
            #expect(await test.engine.models().map(\.contextTokens) == [2_048])
        }
    }

    @Test("More sequences than a context may have are as many as it may have")
    func sequences() async throws {
        let many = EngineUnderTest.tiny { $0.sequences = Limits.Inference.maximumSequences * 4 }
        try await EngineUnderTest.with(many) { test in
            #expect(try await test.ask("What is 3 plus 4?").text == "3 + 4 = 7.")
            #expect(try await test.engine.memory(of: "tiny").contextBytes <= Limits.Inference.maximumContextBytes)
        }
    }
}
