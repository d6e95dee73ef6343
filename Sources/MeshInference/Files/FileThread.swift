internal import MeshCore
internal import MeshIO

/// A thread for one piece of work with files, which may wait for a disk.
enum FileThread {
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(EngineError) -> Value
    ) async throws(EngineError) -> Value {
        let lane = WorkLane(capacity: 1)
        return try await lane.run(refusing: { EngineError(.noMemory, $0.message) }, body)
    }
}
