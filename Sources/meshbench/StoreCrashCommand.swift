internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshNode
internal import MeshStore

/// A writer to be killed, and the count of what it left: for Tests/ProcessTests/test_store.py.
enum StoreCrashCommand {
    private static let folder = Option<String>("folder", "Where the store is.")
    private static let isPersistent = Flag("persistent", "Try again where the store has no room.")
    private static let isCounting = Flag("count", "Verify the store and print how many entries each writer has.")

    private static let segmentBytes = Option<Int>(
        "segment-bytes",
        as: .within(4_096...1 << 30),
        default: LogConfiguration().segmentBytes,
        "How many bytes a segment takes; with small ones old segments are dropped all the time."
    )
    private static let entriesPerSnapshot = Option<Int>(
        "entries-per-snapshot",
        as: .within(0...1_000_000),
        default: 0,
        "Save a snapshot after so many entries; 0 for none."
    )

    private static let opensAsNode = Flag(
        "as-node",
        "Open the store as a node does: the log is checked in a child process, and an index that was not closed too."
    )

    static let command = Command(
        "store-crash",
        summary: "Append with 64 writers until killed, printing what is acknowledged; or count what is there.",
        parameters: [folder, isPersistent, isCounting, segmentBytes, entriesPerSnapshot, opensAsNode]
    ) { invocation in
        let folder = invocation[folder]
        var configuration = LogConfiguration()
        configuration.segmentBytes = invocation[segmentBytes]
        configuration.allocationStepBytes = min(configuration.allocationStepBytes, invocation[segmentBytes])
        configuration.reserveBytes = min(configuration.reserveBytes, invocation[segmentBytes])
        let place = StoreCrashPlace(folder: folder, isOfNode: invocation[opensAsNode])
        if invocation[isCounting] {
            try await StoreCrashCount(place: place, terminal: invocation.terminal).run(configuration)
        } else {
            let writers = StoreCrashWriters(
                isPersistent: invocation[isPersistent],
                entriesPerSnapshot: invocation[entriesPerSnapshot],
                terminal: invocation.terminal
            )
            try await writers.run(in: place, configuration)
        }
        return .success
    }
}

/// What the writers append: the entry of each writer at each head is another one, and is the same in every life.
private enum CrashEntry {
    static func command(of writer: Int, at head: UInt64) -> CommandID {
        var generator = SeededGenerator(seed: UInt64(writer) << 40 | head)
        return CommandID(at: WallTime(millisecondsSince1970: Int64(head)), using: &generator)
    }

    static func address(of writer: Int) throws -> ActorAddress {
        try ActorAddress(ActorKind("crash"), "writer-\(writer)")
    }
}

/// A store in one folder with its index, where system calls can be recorded without those of children; or a node's.
private struct StoreCrashPlace {
    let folder: String
    let isOfNode: Bool

    func open(_ configuration: LogConfiguration) async throws -> LogStore {
        if isOfNode { return try await StoreFolder(path: folder).open(configuration).store }
        let index = BackgroundIndex(before: try IndexFile(path: "\(folder)/index.mdb").openOrMakeAgain())
        return try await LogStore.open(on: POSIXDisk(path: folder), index: index, configuration)
    }

    func log() throws -> POSIXDisk {
        isOfNode ? try StoreFolder(path: folder).lookAtLog() : try POSIXDisk(path: folder)
    }
}

private struct StoreCrashCount {
    let place: StoreCrashPlace
    let terminal: Terminal

    func run(_ configuration: LogConfiguration) async throws {
        let disk = try place.log()
        for fault in StoreVerification.verify(disk).faults { try terminal.write("fault: \(fault)\n") }
        disk.close()
        let store = try await place.open(configuration)
        for summary in try await store.actors(after: nil) {
            let read = try await count(summary, in: store)
            try terminal.write("\(summary.address.key) \(read) of \(summary.head.rawValue)\n")
        }
        try await store.close()
    }

    /// The last head up to which every entry is there, is the one that was issued, and comes once.
    private func count(_ summary: ActorSummary, in store: LogStore) async throws -> UInt64 {
        let writer = Int(summary.address.key.dropFirst("writer-".count)) ?? -1
        var head = summary.snapshotHead
        while true {
            let more = try await store.entries(of: summary.address, after: head)
            if more.isEmpty { break }
            for placed in more {
                let wanted = CrashEntry.command(of: writer, at: placed.head.rawValue)
                guard placed.head == head.advanced(by: 1), placed.entry.command == wanted else {
                    let name = "\(summary.address) entry \(placed.head.rawValue)"
                    try terminal.write("fault: \(name) is not what was issued\n")
                    return head.rawValue
                }
                head = placed.head
            }
        }
        if summary.snapshotHead > .none {
            let owner = Owner(node: try NodeID("crash"), incarnation: 1)
            let snapshot = try await store.claim(summary.address, for: owner, .ifFree).snapshot
            if snapshot?.bytes != Array("\(summary.snapshotHead.rawValue)".utf8) {
                try terminal.write("fault: \(summary.address) has not the snapshot that was saved\n")
            }
        }
        return head.rawValue
    }
}

private struct StoreCrashWriters {
    let isPersistent: Bool
    let entriesPerSnapshot: Int
    let terminal: Terminal

    func run(in place: StoreCrashPlace, _ configuration: LogConfiguration) async throws {
        let store = try await place.open(configuration)
        let owner = Owner(node: try NodeID("crash"), incarnation: 1)
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<64 { group.addTask { try? await run(writer, on: store, owner) } }
        }
    }

    private func run(_ writer: Int, on store: LogStore, _ owner: Owner) async throws {
        let address = try CrashEntry.address(of: writer)
        let claim = try await store.claim(address, for: owner, .ifFree)
        var head = claim.head
        while true {
            let next = head.advanced(by: 1)
            let command = CrashEntry.command(of: writer, at: next.rawValue)
            let entry = JournalEntry(command: command, events: [[UInt8](repeating: 1, count: 200)], answer: [])
            let append = JournalAppend(
                address: address,
                epoch: claim.epoch,
                head: head,
                wallTime: WallTime(millisecondsSince1970: Int64(head.rawValue)),
                entries: [entry],
                wake: nil
            )
            try await untilThereIsRoom { () throws(JournalError) in try await store.append(append) }
            head = next
            // One write for each line, at once: what is printed is known to be acknowledged.
            try terminal.writeLine("\(address.key) \(head.rawValue)")
            guard entriesPerSnapshot > 0, head.rawValue % UInt64(entriesPerSnapshot) == 0 else { continue }
            let snapshot = Snapshot(head: head, bytes: Array("\(head.rawValue)".utf8))
            try await untilThereIsRoom { () throws(JournalError) in
                try await store.save(snapshot, of: address, claim.epoch)
            }
        }
    }

    /// Runs `body` again and again where there is no room, and says so on a line of its own.
    private func untilThereIsRoom(_ body: () async throws(JournalError) -> Void) async throws {
        while true {
            do throws(JournalError) {
                return try await body()
            } catch {
                guard error.code == .readOnly, isPersistent else { throw error }
            }
            try terminal.writeLine("refused 1")
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
