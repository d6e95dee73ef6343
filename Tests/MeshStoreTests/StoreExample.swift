import MeshActors
import MeshCore
import MeshStore
import Testing

/// A small store and what it must hold.
struct StoreExample {
    static let owner = Owner(node: example("one"), incarnation: 1)

    static var configuration: LogConfiguration {
        var configuration = LogConfiguration()
        configuration.segmentBytes = 2_048
        configuration.allocationStepBytes = 1_024
        configuration.reserveBytes = 512
        return configuration
    }

    static func open(_ disk: MemoryDisk, index: any LogIndex = VolatileIndex()) throws -> StoreCore {
        try StoreCore(on: disk, index: index, configuration)
    }

    static func address(_ key: String) throws -> ActorAddress { try ActorAddress(ActorKind("sample"), key) }

    static func entry(_ number: Int, bytes: Int = 20) -> JournalEntry {
        var generator = SeededGenerator(seed: UInt64(number))
        let command = CommandID(at: WallTime(millisecondsSince1970: Int64(number)), using: &generator)
        let event = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: bytes)
        return JournalEntry(command: command, events: [event], answer: [1])
    }

    static func append(
        _ entries: [JournalEntry],
        to address: ActorAddress,
        _ claim: Claim,
        at head: Int,
        wake: WallTime? = nil
    ) -> JournalAppend {
        JournalAppend(
            address: address,
            epoch: claim.epoch,
            head: Head(rawValue: UInt64(head)),
            wallTime: WallTime(millisecondsSince1970: 5),
            entries: entries,
            wake: wake
        )
    }

    /// Makes `entries` of the actor ``address(_:)`` of "a" durable behind `head`.
    static func append(_ entries: [JournalEntry], to core: StoreCore, _ claim: Claim, at head: inout Int) throws {
        try core.stage(append(entries, to: address("a"), claim, at: head))
        try core.commit()
        head += entries.count
    }

    /// Writes `count` entries to each of two actors, one batch each, and a snapshot in the middle.
    static func fill(_ core: StoreCore, count: Int) throws {
        for key in ["a", "b"] {
            let address = try address(key)
            let claim = try core.claim(address, for: owner, .ifFree)
            for number in 0..<count {
                try core.stage(append([entry(number)], to: address, claim, at: number))
                try core.commit()
            }
            let snapshot = Snapshot(head: Head(rawValue: UInt64(count / 2)), bytes: [1, 2, 3])
            try core.stage(snapshot, of: address, claim.epoch)
            try core.commit()
        }
    }

    /// Everything that a store serves, in one value.
    static func contents(of core: StoreCore) throws -> [String: [JournalEntry]] {
        var contents: [String: [JournalEntry]] = [:]
        for summary in try core.actors(after: nil) {
            var entries: [PlacedEntry] = []
            while true {
                let more = try core.entries(of: summary.address, after: entries.last?.head ?? .none)
                if more.isEmpty { break }
                entries += more
            }
            #expect(entries.map(\.head.rawValue) == (0..<UInt64(entries.count)).map { $0 + 1 })
            #expect(summary.head.rawValue == UInt64(entries.count), "the row and the entries disagree")
            contents[summary.address.key] = entries.map(\.entry)
        }
        return contents
    }

    private static func example(_ name: String) -> NodeID {
        guard let node = try? NodeID(name) else { preconditionFailure("'\(name)' is a node's name") }
        return node
    }
}
