import Glibc
import MeshChat
import MeshCore
import MeshIO
import MeshInference
import MeshJSON
import MeshTestKit

/// The tiny model in the real library; tests that need it are left out, and say so, where there is no library.
struct EngineUnderTest {
    static let library = EngineLibrary.present

    static var isThere: Bool { library != nil }
    static let why: String = "there is no libmeshllm.so: run scripts/setup"

    /// The folder of the tiny model.
    static let folder =
        String(#filePath.dropLast("Tests/MeshInferenceTests/EngineUnderTest.swift".count)) + "models/tiny"

    let engine: EmbeddedEngine
    let clock: MachineClock
    private let loop: EventLoop

    /// The tiny model, changed.
    static func tiny(_ change: (inout EmbeddedModel) -> Void) -> EmbeddedModel {
        var model = EmbeddedModel.tiny(at: EngineLibrary.tinyModel)
        change(&model)
        return model
    }

    /// Runs `body` with an engine that has the tiny model.
    static func with(
        _ model: EmbeddedModel = EngineUnderTest.tiny { _ in },
        _ body: (EngineUnderTest) async throws -> Void
    ) async throws {
        guard let library else { throw EngineError(.noLibrary, why) }
        let loop = try EventLoop.start(name: "engine-test")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let engine = try await EmbeddedEngine.start([model], library: library, clock: clock)
        defer { engine.close() }
        try await body(EngineUnderTest(engine: engine, clock: clock, loop: loop))
    }

    /// A question of a tenant.
    func request(
        _ text: String,
        tenant: String = "tenant-1",
        adapter: AdapterHandle? = nil,
        number: UInt64 = 1,
        _ change: (inout ChatRequest) -> Void = { _ in }
    ) throws -> GenerationRequest {
        var chat = ChatRequest(model: "tiny", messages: [ChatMessage(.user, text)])
        change(&chat)
        return GenerationRequest(
            id: UniqueID(high: 7, low: number),
            tenant: try TenantID(tenant),
            model: "tiny",
            chat: chat,
            adapter: adapter
        )
    }

    /// The whole answer to a question.
    func ask(
        _ text: String,
        adapter: AdapterHandle? = nil,
        _ change: (inout ChatRequest) -> Void = { _ in }
    ) async throws -> ChatReply {
        try await engine.answer(request(text, adapter: adapter, change)).collect()
    }

    /// An adapter of the tiny model, made ready for a tenant.
    func load(_ name: String, tenant: String = "tenant-1", format: AdapterFormat = .gguf) async throws -> AdapterHandle
    {
        try await engine.load(Self.artifact(name, tenant: tenant, format: format))
    }

    static func artifact(
        _ name: String,
        tenant: String = "tenant-1",
        format: AdapterFormat = .gguf
    ) throws -> AdapterArtifact {
        let path = format == .gguf ? "\(folder)/\(name).gguf" : "\(folder)/\(name)"
        let content = try bytes(at: format == .gguf ? path : path + "/adapter_model.safetensors")
        let key = AdapterKey(tenant: try TenantID(tenant), content: SHA256.digest(content))
        return AdapterArtifact(key: key, model: "tiny", format: format, path: path)
    }

    static func bytes(at path: String) throws -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw EngineError(.noFile, "no \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "wb") else { throw EngineError(.noFile, "no \(path)") }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw EngineError(.noFile, "no \(path)") }
    }
}
