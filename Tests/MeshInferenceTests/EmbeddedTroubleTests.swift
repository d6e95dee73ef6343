import Glibc
import MeshChat
import MeshCore
import MeshInference
import MeshJSON
import MeshTestKit
import Testing

@Suite("Trouble of the embedded engine", .enabled(if: EngineUnderTest.isThere, Comment(rawValue: EngineUnderTest.why)))
struct EmbeddedTroubleTests {
    @Test("A conversation beyond the context is an error before anything is computed")
    func overflow() async throws {
        try await EngineUnderTest.with { test in
            let long = String(repeating: "word and more ", count: 3_000)
            await #expect(throws: ChatError(.contextExceeded, "")) { try await test.ask(long) }
            let fits = String(repeating: "red ", count: 900)
            let reply = try await test.ask("Repeat: \(fits)") { $0.maximumOutputTokens = 2 }
            #expect(reply.usage.promptTokens > 900)
        }
    }

    @Test("What means nothing or cannot be done is an error of its own")
    func refusals() async throws {
        try await EngineUnderTest.with { test in
            await #expect(throws: ChatError(.malformed, "")) { try await test.ask("") { $0.messages = [] } }
            await #expect(throws: ChatError(.unsupported, "")) {
                try await test.ask("x") {
                    $0.stopSequences = Array(repeating: "s", count: Limits.Inference.maximumStops + 1)
                }
            }
            await #expect(throws: ChatError(.unsupported, "")) {
                let long = String(repeating: "s", count: Limits.Inference.maximumStopBytes + 1)
                return try await test.ask("x") { $0.stopSequences = [long] }
            }
            var deep: JSONValue = ["type": "string"]
            for _ in 0...Limits.Inference.maximumSchemaDepth { deep = ["type": "array", "items": deep] }
            let wide: JSONValue = [
                "enum": [.string(String(repeating: "x", count: Limits.Inference.maximumSchemaBytes))]
            ]
            let pattern = String(repeating: "(", count: Limits.Inference.maximumPatternBytes + 1)
            for schema in [
                deep, wide, ["pattern": .string(pattern)], ["type": "string", "pattern": "^(a"], ["$ref": "x"],
            ] {
                await #expect(throws: ChatError(.unsupported, "")) {
                    try await test.ask("x") { $0.format = .jsonSchema(name: "x", schema: schema, isStrict: true) }
                }
            }
            let image = ChatPart(.image(.remote(url: "x")))
            await #expect(throws: ChatError(.unsupported, "")) {
                try await test.ask("x") { $0.messages = [ChatMessage(.user, [image])] }
            }
            var other = try test.request("x")
            other.model = "other"
            let unknown = other
            await #expect(throws: ChatError(.unknownModel, "")) { try await test.engine.answer(unknown) }
            #expect(try await test.ask("What is 3 plus 4?").text == "3 + 4 = 7.")
        }
    }

    @Test("A model whose own chat template cannot be read is refused by name, unless it is given another")
    func lostTemplate() async throws {
        let library = try #require(EngineUnderTest.library)
        var bytes = try EngineUnderTest.bytes(at: EngineLibrary.tinyModel)
        let start = Array("{% for message in".utf8)
        let place = try #require(bytes.indices.first { bytes[$0] == start[0] && bytes[$0...].starts(with: start) })
        bytes.replaceSubrange(place..<(place + start.count), with: "{% fro message in".utf8)
        let path = "/tmp/meshnode-template-\(getpid()).gguf"
        defer { unlink(path) }
        try EngineUnderTest.write(bytes, to: path)
        var model = EmbeddedModel.tiny(at: path)
        try await EngineUnderTest.with { [model] test in
            do throws(EngineError) {
                _ = try await EmbeddedEngine.start([model], library: library, clock: test.clock).close(patience: .zero)
                Issue.record("a model that can answer no chat is loaded")
            } catch {
                #expect(error.code == .unreadable && error.message.contains("chat template"))
            }
        }
        model.template = RepositoryFile.text("Tests/Corpus/chat-template/chatml")
        try await EngineUnderTest.with(model) { test in
            let text = try await test.ask("What is 3 plus 4?").text
            #expect(!text.isEmpty)
        }
    }

    @Test("A form with too many ways to go is the request's fault, and the next request is answered")
    func boundlessForm() async throws {
        try await EngineUnderTest.with { test in
            await #expect(throws: ChatError(.unsupported, "")) {
                try await test.ask("x") { chat in
                    let schema: JSONValue = ["type": "string", "pattern": "^((a?){40}){40}$"]
                    chat.format = .jsonSchema(name: "x", schema: schema, isStrict: true)
                }
            }
            let text = try await test.ask("What is 3 plus 4?").text
            #expect(text == "3 + 4 = 7.")
        }
    }

    @Test("A model that is cut off anywhere is an error")
    func truncated() async throws {
        guard let library = EngineUnderTest.library else { return }
        let whole = try EngineUnderTest.bytes(at: "\(EngineUnderTest.folder)/tiny-q8_0.gguf")
        let path = "/tmp/meshnode-cut-\(getpid()).gguf"
        defer { unlink(path) }
        try await EngineUnderTest.with { test in
            var places = Array(stride(from: 0, to: 4_000, by: 97))
            places += stride(from: 4_096, to: whole.count, by: 41_017)
            places += [whole.count - 1]
            for place in places {
                try EngineUnderTest.write(Array(whole[..<place]), to: path)
                await #expect(throws: EngineError(.unreadable, "")) {
                    _ = try await EmbeddedEngine.start(
                        [EmbeddedModel(name: "cut", path: path)],
                        library: library,
                        clock: test.clock
                    )
                }
            }
            await #expect(throws: EngineError(.noFile, "")) {
                _ = try await EmbeddedEngine.start(
                    [EmbeddedModel(name: "none", path: path + ".none")],
                    library: library,
                    clock: test.clock
                )
            }
        }
    }

    @Test("A model whose head is changed anywhere is an error or another model, and never the end of the process")
    func mutated() async throws {
        guard let library = EngineUnderTest.library else { return }
        let whole = try EngineUnderTest.bytes(at: "\(EngineUnderTest.folder)/tiny-q8_0.gguf")
        let path = "/tmp/meshnode-mutated-\(getpid()).gguf"
        defer { unlink(path) }
        var generator = SeededGenerator(seed: 11)
        try await EngineUnderTest.with { test in
            for _ in 0..<200 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    bytes[Int.random(in: 0..<1_600, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                }
                try EngineUnderTest.write(bytes, to: path)
                do {
                    let engine = try await EmbeddedEngine.start(
                        [EmbeddedModel(name: "tiny", path: path)],
                        library: library,
                        clock: test.clock
                    )
                    _ = try? await engine.answer(test.request("Hello") { $0.maximumOutputTokens = 4 }).collect()
                    engine.close()
                } catch {}
            }
        }
    }

    @Test("Adapters that are broken, of another model, or not what their hash says are refused by name")
    func brokenAdapters() async throws {
        try await EngineUnderTest.with { test in
            let whole = try EngineUnderTest.bytes(at: "\(EngineUnderTest.folder)/lora-fact.gguf")
            let path = "/tmp/meshnode-adapter-\(getpid()).gguf"
            defer { unlink(path) }
            func refused(_ bytes: [UInt8], named: [UInt8]? = nil, by code: EngineErrorCode) async throws {
                try EngineUnderTest.write(bytes, to: path)
                let key = AdapterKey(tenant: try TenantID("t"), content: SHA256.digest(named ?? bytes))
                let artifact = AdapterArtifact(key: key, model: "tiny", format: .gguf, path: path)
                do {
                    _ = try await test.engine.load(artifact)
                    Issue.record("a broken adapter is loaded")
                } catch {
                    #expect((error.cause as? EngineError)?.code == code)
                    #expect(error.code == (code == .unsupported ? .unsupported : .malformed))
                }
            }
            try await refused(Array(whole.dropLast(40_000)), by: .unreadable)
            try await refused([], by: .unreadable)
            try await refused(whole, named: [1], by: .unreadable)
            try await refused(
                try EngineUnderTest.bytes(at: "\(EngineUnderTest.folder)/tiny-q8_0.gguf"),
                by: .unreadable
            )
            var other = whole
            let name = Array("llama".utf8)
            let place = try #require(other.indices.first { other[$0...].starts(with: name) })
            other.replaceSubrange(place..<(place + 5), with: Array("qwen2".utf8))
            try await refused(other, by: .wrongModel)
            var shape = whole
            let tensor = Array("blk.0.attn_q.weight.lora_a".utf8)
            let start = try #require(shape.indices.first { shape[$0...].starts(with: tensor) }) + tensor.count + 4
            shape[start] = 96  // 192 columns become 96
            try await refused(shape, by: .wrongModel)
        }
    }

    @Test("Randomly changed adapters are refused or used, and never end the process")
    func mutatedAdapters() async throws {
        try await EngineUnderTest.with { test in
            let whole = try EngineUnderTest.bytes(at: "\(EngineUnderTest.folder)/lora-fact.gguf")
            let path = "/tmp/meshnode-changed-\(getpid()).gguf"
            defer { unlink(path) }
            var generator = SeededGenerator(seed: 12)
            for _ in 0..<400 {
                var bytes = whole
                for _ in 0..<3 {
                    bytes[Int.random(in: 0..<2_336, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                }
                try EngineUnderTest.write(bytes, to: path)
                let key = AdapterKey(tenant: try TenantID("t"), content: SHA256.digest(bytes))
                let artifact = AdapterArtifact(key: key, model: "tiny", format: .gguf, path: path)
                guard let handle = try? await test.engine.load(artifact) else { continue }
                var request = try test.request("Hello", tenant: "t", adapter: handle)
                request.chat.maximumOutputTokens = 2
                _ = try await test.engine.answer(request).collect()
                try await test.engine.unload(handle)
            }
        }
    }

    @Test("More adapters than may be ready push out the one that was used longest ago")
    func manyAdapters() async throws {
        try await EngineUnderTest.with { test in
            let bytes = try EngineUnderTest.bytes(at: "\(EngineUnderTest.folder)/lora-fact.gguf")
            let path = "\(EngineUnderTest.folder)/lora-fact.gguf"
            var handles: [AdapterHandle] = []
            for number in 0...Limits.Inference.maximumAdapters {
                let key = AdapterKey(tenant: try TenantID("t-\(number)"), content: SHA256.digest(bytes))
                handles.append(
                    try await test.engine.load(AdapterArtifact(key: key, model: "tiny", format: .gguf, path: path))
                )
            }
            let (first, last) = (handles[0], handles[handles.count - 1])
            await #expect(throws: ChatError(.unknownAdapter, "")) {
                try await test.engine.answer(test.request("Hello", tenant: "t-0", adapter: first))
            }
            let request = try test.request("Hello", tenant: last.key.tenant.text, adapter: last)
            #expect(try await test.engine.answer(request).collect().text == "Hello! How can I help you?")
        }
    }
}
