internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshStore

/// A writer to be killed, and the count of what it left: for Tests/ProcessTests/test_store.py.
enum StoreCrashCommand {
    private static let folder = Option<String>("folder", "Where the store is.")
    private static let isPersistent = Flag("persistent", "Try again where the store has no room.")
    private static let isCounting = Flag("count", "Verify the store and print how many entries each writer has.")

    static let command = Command(
        "store-crash",
        summary: "Append with 64 writers until killed, printing what is acknowledged; or count what is there.",
        parameters: [folder, isPersistent, isCounting]
    ) { invocation in
        let folder = invocation[folder]
        guard invocation[isCounting] else {
            try await write(folder, invocation.terminal, isPersistent: invocation[isPersistent])
            return .success
        }
        let report = StoreVerification.verify(try POSIXDisk(path: folder))
        for fault in report.faults { try invocation.terminal.write("fault: \(fault)\n") }
        let index = BackgroundIndex(before: try LMDBIndex(path: "\(folder)/index.mdb"))
        let store = try await LogStore.open(on: POSIXDisk(path: folder), index: index)
        for summary in try await store.actors(after: nil) {
            var read = 0
            while true {
                let more = try await store.entries(of: summary.address, after: Head(rawValue: UInt64(read)))
                if more.isEmpty { break }
                read += more.count
            }
            try invocation.terminal.write("\(summary.address.key) \(read) of \(summary.head.rawValue)\n")
        }
        try await store.close()
        return .success
    }

    private static func write(_ folder: String, _ terminal: Terminal, isPersistent: Bool) async throws {
        let index = BackgroundIndex(before: try LMDBIndex(path: "\(folder)/index.mdb"))
        let store = try await LogStore.open(on: POSIXDisk(path: folder), index: index)
        let owner = Owner(node: try NodeID("crash"), incarnation: 1)
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<64 {
                group.addTask { try? await run(writer, on: store, owner, terminal, isPersistent: isPersistent) }
            }
        }
    }

    private static func run(
        _ writer: Int,
        on store: LogStore,
        _ owner: Owner,
        _ terminal: Terminal,
        isPersistent: Bool
    ) async throws {
        let address = try ActorAddress(ActorKind("crash"), "writer-\(writer)")
        let claim = try await store.claim(address, for: owner, .ifFree)
        var generator = SeededGenerator(seed: UInt64(writer))
        var head = claim.head
        while true {
            let wallTime = WallTime(millisecondsSince1970: Int64(head.rawValue))
            let command = CommandID(at: wallTime, using: &generator)
            let entry = JournalEntry(command: command, events: [[UInt8](repeating: 1, count: 200)], answer: [])
            let append = JournalAppend(
                address: address,
                epoch: claim.epoch,
                head: head,
                wallTime: wallTime,
                entries: [entry],
                wake: nil
            )
            while try await hasNoRoom(store, append) {
                guard isPersistent else { throw JournalError(.readOnly, "the disk is full") }
                try await Task.sleep(for: .milliseconds(5))
            }
            head = head.advanced(by: 1)
            // One write for each line, at once: what is printed is known to be acknowledged.
            try terminal.writeLine("\(address.key) \(head.rawValue)")
        }
    }

    /// Appends; true where there was no room for it.
    private static func hasNoRoom(_ store: LogStore, _ append: JournalAppend) async throws -> Bool {
        do throws(JournalError) {
            try await store.append(append)
            return false
        } catch {
            guard error.code == .readOnly else { throw error }
            return true
        }
    }
}
