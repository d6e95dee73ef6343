internal import MeshCore
internal import MeshIO

/// Threads that wait for the disk, because nothing on an event loop may: what concerns one file follows one another.
final class VaultLanes: Sendable {
    private let lanes = (0..<Limits.Vault.lanes).map { _ in WorkLane(capacity: Limits.Vault.maximumWaiting) }

    /// Does `body` on the lane of `name`, behind what was given to it before.
    func run<Value: Sendable>(
        for name: String,
        _ body: @escaping @Sendable () throws(VaultError) -> Value
    ) async throws(VaultError) -> Value {
        let lane = lanes[name.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF } % lanes.count]
        return try await lane.run(refusing: { VaultError(.unusable, $0.message) }, body)
    }
}
