internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshNode
internal import MeshStore

/// Opens a store as a node does and prints all that can be read through it, for tests.
enum StoreReadCommand {
    private static let folder = Argument<String>("folder", as: .folder, "The store's folder.")

    static let command = Command(
        "store-read",
        summary: "Open a store as a node does, and print everything that can be read through it.",
        parameters: [folder]
    ) { invocation in
        let (lines, condition) = try await StoreReading.lines(of: invocation[folder])
        invocation.terminal.writeErrorLine("index: \(condition)")
        for line in lines { try invocation.terminal.writeLine(line) }
        return .success
    }
}

/// Everything that can be read through a store opened as a node opens it.
enum StoreReading {
    static func lines(of folder: String) async throws -> (lines: [String], index: StoreFolder.IndexCondition) {
        let (store, condition) = try await StoreFolder(path: folder).open()
        do {
            let lines = try await lines(of: store)
            try await store.close()
            return (lines, condition)
        } catch {
            try? await store.close()
            throw error
        }
    }

    private static func lines(of store: LogStore) async throws -> [String] {
        var lines: [String] = []
        var last: ActorAddress?
        while true {
            let actors = try await store.actors(after: last)
            for actor in actors {
                // Without the epoch: each opening writes nothing, but raises the generation of the next claim.
                lines.append("\(actor.address) \(actor.head.rawValue) \(actor.snapshotHead.rawValue) \(wake(actor))")
                lines += try await entries(of: actor, in: store)
            }
            guard let next = actors.last?.address else { break }
            last = next
        }
        var mark: WakeMark?
        while true {
            let actors = try await store.actorsToWake(until: WallTime(millisecondsSince1970: .max), after: mark)
            for actor in actors { lines.append("wakes \(actor.address) \(wake(actor))") }
            guard let next = actors.last?.wakeMark else { return lines }
            mark = next
        }
    }

    private static func wake(_ actor: ActorSummary) -> String {
        actor.wake.map { String($0.millisecondsSince1970) } ?? "-"
    }

    private static func entries(of actor: ActorSummary, in store: LogStore) async throws -> [String] {
        var lines: [String] = []
        // Behind the snapshot: what stands before it may be gone.
        var head = actor.snapshotHead
        while true {
            let found = try await store.entries(of: actor.address, after: head)
            lines += found.map { "  \($0.head.rawValue) \($0.entry.command) \($0.entry.events)" }
            guard let last = found.last else { return lines }
            head = last.head
        }
    }
}
