import MeshIO
import MeshInference
import MeshNode
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(2))) struct `The seat of the embedded engine` {
    @Test(.enabled(if: EngineLibrary.present != nil, "there is no libmeshllm.so: run scripts/setup"))
    func `is warmed for an edge that says that it will ask`() async throws {
        let library = try #require(EngineLibrary.present)
        let loop = try EventLoop.start(name: "seat")
        defer { loop.stop() }
        let seat = EmbeddedSeat()
        #expect(try await !seat.warm())
        let model = EmbeddedModel.tiny(at: EngineLibrary.tinyModel)
        let engine = try await EmbeddedEngine.start([model], library: library, clock: MachineClock(loop: loop))
        #expect(seat.take(engine, as: model.name))
        #expect(await seat.memory().map(\.memory.contexts) == [0])
        #expect(try await seat.warm())
        #expect(await seat.memory().map(\.memory.contexts) == [1])
        await seat.close()
    }
}
