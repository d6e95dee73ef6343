package import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshTestKit

/// A journal for one life, and what must run beside it.
struct OpenJournal: Sendable {
    let journal: any Journal
    let run: @Sendable () async -> Void
}

/// What keeps the journals of a world: a service that all hubs share, or the disk of the only one.
enum Storage: Sendable {
    case service(JournalService)
    case disk(DiskStore)

    func open(_ gate: NodeGate) async throws -> OpenJournal {
        switch self {
        case .service(let service):
            return OpenJournal(journal: NodeJournal(service, gate: gate), run: {})
        case .disk(let store): return try await store.open(gate)
        }
    }

    /// Work that belongs to no node.
    func run() async {
        if case .service(let service) = self { await service.run() }
    }

    /// Tells `history` what is there at the end.
    func audit(_ history: History) async throws {
        switch self {
        case .service(let service): try await Audit.record(service.store, in: history)
        case .disk(let store): try await store.audit()
        }
    }
}

/// Reads a whole store and tells a history what it has.
package enum Audit {
    /// Tells `history` what `journal` has of each actor that it lists, and of those that it should list.
    package static func record(_ journal: any Journal, in history: History) async throws(JournalError) {
        var missing = Set(history.writtenActors)
        var last: ActorAddress?
        while true {
            let summaries = try await journal.actors(after: last)
            guard !summaries.isEmpty else { break }
            for summary in summaries {
                missing.remove(summary.address)
                var entries: [PlacedEntry] = []
                var head = summary.snapshotHead
                while head < summary.head {
                    let more = try await journal.entries(of: summary.address, after: head)
                    guard let end = more.last?.head, end > head else { break }
                    entries += more
                    head = end
                }
                history.record(
                    .found(summary.address, entries: entries, snapshotHead: summary.snapshotHead, head: summary.head)
                )
            }
            last = summaries.last?.address
        }
        for address in missing.sorted() {
            history.record(.found(address, entries: [], snapshotHead: .none, head: .none))
        }
    }
}
