internal import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshNode
internal import MeshStore

/// What the hub's store holds when its node has ended.
enum StoreLook {
    /// Whether the store is sound, and the journals of the accounts in it.
    static func look(
        at folder: StoreFolder
    ) async throws -> (result: CheckResult, journals: [(ActorAddress, [PlacedEntry])]) {
        let report: VerificationReport
        do {
            let disk = try folder.lookAtLog()
            defer { disk.close() }
            report = StoreVerification.verify(disk)
        }
        let looked = "\(report.actors) actors, \(report.entries) entries"
        guard report.isSound else {
            let fault = report.faults.first.map { "\($0)" } ?? "it is not sound"
            return (CheckResult("store", looked: looked, problem: fault), [])
        }
        let (store, _) = try await folder.open()
        do {
            let journals = try await journals(store)
            try await store.close()
            return (CheckResult("store", looked: looked), journals)
        } catch {
            try? await store.close()
            throw error
        }
    }

    private static func journals(_ store: LogStore) async throws -> [(ActorAddress, [PlacedEntry])] {
        var journals: [(ActorAddress, [PlacedEntry])] = []
        var last: ActorAddress?
        while true {
            let found = try await store.actors(after: last)
            guard let end = found.last else { return journals }
            last = end.address
            for actor in found where actor.address.kind == SampleAccount.kind {
                var entries: [PlacedEntry] = []
                while true {
                    let more = try await store.entries(of: actor.address, after: entries.last?.head ?? .none)
                    guard !more.isEmpty else { break }
                    entries += more
                }
                // A store that has run for long keeps a snapshot in place of what came first.
                guard entries.first.map({ $0.head.rawValue == 1 }) ?? (actor.head == .none) else {
                    throw ClusterError(
                        .refused,
                        "the hub's store has dropped the beginning of \(actor.address), so nothing can be held against "
                            + "it: check in a fresh folder (--folder)"
                    )
                }
                journals.append((actor.address, entries))
            }
        }
    }
}
