internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshNode
internal import MeshStore

/// Makes a small store, for tests that damage it.
enum StoreExampleCommand {
    private static let folder = Argument<String>("folder", as: .folder, "The store's folder.")

    private static let segmentBytes = Option<Int>(
        "segment-bytes",
        as: .within(1_024...1 << 30),
        default: LogConfiguration().segmentBytes,
        "How many bytes a segment takes before the next one begins."
    )

    static let command = Command(
        "store-example",
        summary: "Make a small store with entries, snapshots and wakes.",
        parameters: [folder, segmentBytes]
    ) { invocation in
        var configuration = LogConfiguration()
        configuration.segmentBytes = invocation[segmentBytes]
        configuration.allocationStepBytes = min(configuration.allocationStepBytes, 4 * invocation[segmentBytes])
        let (store, _) = try await StoreFolder(path: invocation[folder]).open(configuration)
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
