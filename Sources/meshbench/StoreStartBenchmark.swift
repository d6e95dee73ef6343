internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshNode
internal import MeshStore

/// How long a store with many events takes until it has served its first call.
enum StoreStartBenchmark {
    private static let events = Option<Int>("events", as: .within(1_000...100_000_000), default: 1_000_000, "Events.")
    private static let actors = Option<Int>("actors", as: .within(1...10_000_000), default: 1_000, "Actors.")
    private static let folder = Option<String>(
        "folder",
        default: "./store-start",
        "A folder for the store, left there."
    )

    static let command = Command(
        "store-start",
        summary: "Fill a store, and measure how long opening it takes: after a clean end, without its index, verified.",
        parameters: [events, actors, folder]
    ) { invocation in
        let folder = invocation[folder]
        let written = try await fill(folder, events: invocation[events], actors: invocation[actors])
        let warm = try await firstCall(folder)
        try StoreFolder(path: folder).indexFile.remove()
        let rebuilt = try await firstCall(folder)
        let start = ContinuousClock.now
        let report = StoreVerification.verify(try StoreFolder(path: folder).lookAtLog())
        let verified = ContinuousClock.now - start
        var table = Table(columns: [.init("step"), .init("seconds", .right)])
        for (step, time) in [
            ("writing, group commit", written), ("opening and first call, index in place", warm),
            ("opening and first call, index made again", rebuilt), ("verifying anchor, log and chains", verified),
        ] {
            table.append([step, String((time / .milliseconds(1)).rounded() / 1_000)])
        }
        let found =
            "\(report.entries) entries of \(report.actors) actors, \(report.bytes) bytes, sound: \(report.isSound)\n"
        try invocation.terminal.write(table.text + found)
        return .success
    }

    private static func fill(_ folder: String, events: Int, actors: Int) async throws -> Duration {
        let store = try await LogStoreContender(folder: folder, writers: actors, groupsCommits: true)
        let start = ContinuousClock.now
        let event = [UInt8](repeating: 7, count: 200)
        await withTaskGroup(of: Void.self) { group in
            for first in 0..<min(512, actors) {
                group.addTask {
                    for actor in stride(from: first, to: actors, by: 512) {
                        for number in 1...max(1, events / actors) {
                            try? await store.append(event, by: actor, number: UInt64(number))
                        }
                    }
                }
            }
        }
        let elapsed = ContinuousClock.now - start
        try await store.close()
        return elapsed
    }

    private static func firstCall(_ folder: String) async throws -> Duration {
        let start = ContinuousClock.now
        let store = try await StoreFolder(path: folder).open().store
        let owner = Owner(node: try NodeID("bench"), incarnation: 1)
        let address = try ActorAddress(ActorKind("bench"), "writer-0")
        let claim = try await store.claim(address, for: owner, .ifFree)
        _ = try await store.entries(of: address, after: .none)
        var generator = SeededGenerator(seed: 2)
        let command = CommandID(at: WallTime(millisecondsSince1970: 0), using: &generator)
        let append = JournalAppend(
            address: address,
            epoch: claim.epoch,
            head: claim.head,
            wallTime: WallTime(millisecondsSince1970: 0),
            entries: [JournalEntry(command: command, events: [[1]], answer: [])],
            wake: nil
        )
        try await store.append(append)
        let elapsed = ContinuousClock.now - start
        try await store.close()
        return elapsed
    }
}
