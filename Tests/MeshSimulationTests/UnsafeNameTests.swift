import MeshActors
import MeshCore
import MeshSimulation
import MeshStore
import Testing

@Suite struct `A file whose name was not made safe` {
    @Test func `holds nothing acknowledged that a power cut could take, in any later life`() throws {
        let disk = SimulatedDisk(generator: SeededGenerator(seed: 1))
        let careless = FolderSyncFailing(disk)
        var acknowledged = 0
        // The first life ends where the folder of a new segment cannot be synced.
        var core = try StoreCore(on: careless, index: VolatileIndex(), Self.smallSegments)
        careless.goodSyncsLeft.withLock { $0 = 0 }
        #expect(throws: JournalError.self) {
            for _ in 0..<50 { try Self.append(to: core, at: &acknowledged) }
        }
        #expect(acknowledged > 0)
        careless.goodSyncsLeft.withLock { $0 = .max }
        disk.killProcess()
        // The second finds the segment as if nothing had happened, and writes into it.
        core = try StoreCore(on: careless, index: VolatileIndex(), Self.smallSegments)
        try Self.append(to: core, at: &acknowledged)
        disk.cutPower(.everythingLost)
        core = try StoreCore(on: disk, index: VolatileIndex(), Self.smallSegments)
        let claim = try core.claim(Self.address(), for: Self.owner(), .ifFree)
        #expect(Int(claim.head.rawValue) == acknowledged)
    }

    @Test func `is made safe too where it is the first of a store`() throws {
        for goodSyncs in 0...2 {
            let disk = SimulatedDisk(generator: SeededGenerator(seed: 1))
            let careless = FolderSyncFailing(disk)
            careless.goodSyncsLeft.withLock { $0 = goodSyncs }
            _ = try? StoreCore(on: careless, index: VolatileIndex(), Self.smallSegments)
            careless.goodSyncsLeft.withLock { $0 = .max }
            disk.killProcess()
            var acknowledged = 0
            try Self.append(to: StoreCore(on: careless, index: VolatileIndex(), Self.smallSegments), at: &acknowledged)
            disk.cutPower(.everythingLost)
            let core = try StoreCore(on: disk, index: VolatileIndex(), Self.smallSegments)
            #expect(try core.entries(of: Self.address(), after: .none).count == acknowledged)
        }
    }

    private static var smallSegments: LogConfiguration {
        var configuration = LogConfiguration()
        configuration.segmentBytes = 2_048
        configuration.allocationStepBytes = 1_024
        return configuration
    }

    private static func address() throws -> ActorAddress { try ActorAddress(ActorKind("sample"), "a") }

    private static func owner() throws -> Owner { Owner(node: try NodeID("one"), incarnation: 1) }

    private static func append(to core: StoreCore, at head: inout Int) throws {
        let claim = try core.claim(address(), for: owner(), .ifFree)
        var generator = SeededGenerator(seed: UInt64(head))
        let command = CommandID(at: WallTime(millisecondsSince1970: 1), using: &generator)
        let append = JournalAppend(
            address: try address(),
            epoch: claim.epoch,
            head: claim.head,
            wallTime: WallTime(millisecondsSince1970: 1),
            entries: [JournalEntry(command: command, events: [Array(repeating: 7, count: 200)], answer: [])],
            wake: nil
        )
        try core.stage(append)
        try core.commit()
        head += 1
    }
}

/// A simulated disk, a double, whose folder can be made to refuse to be synced.
private final class FolderSyncFailing: Disk {
    private let disk: SimulatedDisk
    let goodSyncsLeft = Lock(Int.max)

    init(_ disk: SimulatedDisk) { self.disk = disk }

    func names() throws(DiskError) -> [String] { try disk.names() }

    func open(_ name: String, creating: Bool) throws(DiskError) -> any DiskFile {
        try disk.open(name, creating: creating)
    }

    func remove(_ name: String) throws(DiskError) { try disk.remove(name) }

    func syncFolder() throws(DiskError) {
        let isGood = goodSyncsLeft.withLock { left in
            defer { if left > 0, left < .max { left -= 1 } }
            return left > 0
        }
        guard isGood else { throw DiskError(.failed, "the folder cannot be synced") }
        try disk.syncFolder()
    }
}
