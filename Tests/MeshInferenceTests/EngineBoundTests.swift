import Glibc
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
            let models = await test.engine.models()
            #expect(models.map(\.contextTokens) == [2_048])
        }
    }

    @Test("More sequences than a context may have are as many as it may have")
    func sequences() async throws {
        let many = EngineUnderTest.tiny { $0.sequences = Limits.Inference.maximumSequences * 4 }
        try await EngineUnderTest.with(many) { test in
            let reply = try await test.ask("What is 3 plus 4?")
            #expect(reply.text == "3 + 4 = 7.")
            let memory = try await test.engine.memory(of: "tiny")
            #expect(memory.contextBytes <= Limits.Inference.maximumContextBytes)
        }
    }

    @Test("An adapter with more bytes than are taken is refused before it is read")
    func largeAdapter() async throws {
        let path = "/tmp/meshnode-large-\(getpid()).gguf"
        defer { unlink(path) }
        try EngineUnderTest.write([0], to: path)
        try #require(truncate(path, off_t(Limits.Inference.maximumAdapterBytes + 1)) == 0)
        let key = AdapterKey(tenant: try TenantID("t"), content: .zero)
        let artifact = AdapterArtifact(key: key, model: "tiny", format: .gguf, path: path)
        try await EngineUnderTest.with { test in
            await #expect(throws: ChatError(.malformed, "")) { try await test.engine.load(artifact) }
        }
    }

    @Test("More calls than may wait for a model are turned away, and the others are made")
    func calls() async throws {
        let text = String(repeating: "red ", count: 4_000)
        try await EngineUnderTest.with { test in
            let request = try test.request(text)
            let outcomes = await withTaskGroup(of: ChatErrorCode?.self) { group in
                for _ in 0..<(3 * Limits.Inference.maximumCalls) {
                    group.addTask {
                        do throws(ChatError) {
                            _ = try await test.engine.promptTokens(of: request)
                            return nil
                        } catch {
                            return error.code
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.filter { $0 == nil }.count >= Limits.Inference.maximumCalls)
            #expect(Set(outcomes) == [nil, .overloaded])
        }
    }
}
