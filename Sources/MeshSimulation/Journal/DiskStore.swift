internal import MeshActors
internal import MeshCore
internal import MeshStore

/// The disk of the only hub.
///
/// Each life of the hub opens the store on it anew.
final class DiskStore: Sendable {
    let disk: SimulatedDisk
    private let clock: any Clock
    private let history: History
    private let generator: Lock<SeededGenerator>

    init(disk: SimulatedDisk, clock: any Clock, history: History, generator: SeededGenerator) {
        self.disk = disk
        self.clock = clock
        self.history = history
        self.generator = Lock(generator)
    }

    /// Opens the store and tells the history what it has.
    func open(_ gate: NodeGate) async throws -> OpenJournal {
        let journal: DiskJournal
        do throws(JournalError) {
            journal = try DiskJournal(
                on: disk,
                clock: clock,
                gate: gate,
                history: history,
                generator: generator.withLock { $0.split() }
            )
            try await Audit.record(journal, in: history)
        } catch {
            history.check(error, isDamaged: disk.isDamaged)
            throw error
        }
        return OpenJournal(journal: journal, run: { await journal.run() })
    }

    /// Opens the store once more, when no node uses it.
    func audit() async throws {
        disk.killProcess()
        _ = try await open(NodeGate())
    }
}
