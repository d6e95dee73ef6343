internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshStore

/// Makes a small store, for tests that damage it.
enum StoreExampleCommand {
    static let command = Command(
        "example-here",
        summary: "Make a small store with entries, snapshots and wakes.",
        parameters: [StoreCommand.folder],
        isHidden: true
    ) { invocation in
        let (store, _) = try await StoreFolder(path: invocation[StoreCommand.folder]).open()
        let owner = Owner(node: try NodeID("example"), incarnation: 1)
        var generator = SeededGenerator(seed: 1)
        for number in 0..<actors {
            let address = try ActorAddress(ActorKind("example"), "actor-\(number)")
            let claim = try await store.claim(address, for: owner, .ifFree)
            var head = claim.head
            while head.rawValue < UInt64(number * 7) {
                let wallTime = WallTime(millisecondsSince1970: Int64(head.rawValue))
                let command = CommandID(at: wallTime, using: &generator)
                let event = [UInt8(number), UInt8(truncatingIfNeeded: head.rawValue)]
                let append = JournalAppend(
                    address: address,
                    epoch: claim.epoch,
                    head: head,
                    wallTime: wallTime,
                    entries: [JournalEntry(command: command, events: [event], answer: [])],
                    wake: number % 3 == 0 ? WallTime(millisecondsSince1970: Int64(number)) : nil
                )
                try await store.append(append)
                head = head.advanced(by: 1)
            }
            if number % 4 == 3 { try await store.save(Snapshot(head: head, bytes: [1, 2]), of: address, claim.epoch) }
        }
        try await store.close()
        return .success
    }

    private static let actors = 12
}

/// Opens a store as a node does and prints all that can be read through it, for tests.
enum StoreReadCommand {
    static let command = Command(
        "read-here",
        summary: "Open a store as a node does, and print everything that can be read through it.",
        parameters: [StoreCommand.folder],
        isHidden: true
    ) { invocation in
        let (store, condition) = try await StoreFolder(path: invocation[StoreCommand.folder]).open()
        invocation.terminal.writeErrorLine("index: \(condition)")
        var lines: [String] = []
        var last: ActorAddress?
        while true {
            let actors = try await store.actors(after: last)
            for actor in actors {
                // Without the epoch: each opening writes nothing, but raises the generation of the next claim.
                lines.append("\(actor.address) \(actor.head.rawValue) \(actor.snapshotHead.rawValue) \(wake(actor))")
                lines += try await entries(of: actor.address, in: store)
            }
            guard let next = actors.last?.address else { break }
            last = next
        }
        var mark: WakeMark?
        while true {
            let actors = try await store.actorsToWake(until: WallTime(millisecondsSince1970: .max), after: mark)
            for actor in actors { lines.append("wakes \(actor.address) \(wake(actor))") }
            guard let next = actors.last?.wakeMark else { break }
            mark = next
        }
        try await store.close()
        for line in lines { try invocation.terminal.writeLine(line) }
        return .success
    }

    private static func wake(_ actor: ActorSummary) -> String {
        actor.wake.map { String($0.millisecondsSince1970) } ?? "-"
    }

    private static func entries(of address: ActorAddress, in store: LogStore) async throws -> [String] {
        var lines: [String] = []
        var head = Head.none
        while true {
            let found = try await store.entries(of: address, after: head)
            lines += found.map { "  \($0.head.rawValue) \($0.entry.command) \($0.entry.events)" }
            guard let last = found.last else { return lines }
            head = last.head
        }
    }
}
