internal import MeshActors
internal import MeshCore
internal import MeshTestKit

/// The disk of the only hub, and the store on it.
final class DiskStore: Sendable {
    let disk: SimulatedDisk
    private let history: History
    private let store = VolatileJournal()

    init(disk: SimulatedDisk, history: History) {
        self.disk = disk
        self.history = history
    }

    func open(_ gate: NodeGate) throws -> OpenJournal {
        OpenJournal(journal: RecordingJournal(store, history: history), run: {})
    }

    func audit() async throws { try await Audit.record(store, in: history) }
}
