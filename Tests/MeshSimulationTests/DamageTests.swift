import MeshActors
import MeshCheck
import MeshCore
import MeshSimulation
import MeshStore
import MeshTestKit
import Testing

@Suite struct `A store on a damaged disk` {
    private let disk = SimulatedDisk(generator: SeededGenerator(seed: 1))
    private let owner: Owner
    private let sound: ActorAddress
    private let damaged: ActorAddress

    init() throws {
        owner = Owner(node: try NodeID("hub-1"), incarnation: 1)
        sound = try ActorAddress(SampleAccount.kind, "sound")
        damaged = try ActorAddress(SampleAccount.kind, "damaged")
    }

    @Test func `says which record is damaged, and goes on with all others`() throws {
        let core = try filled()
        let place = try placeOfMark()
        #expect(disk.flipBit(in: place.name, at: place.offset) != nil)
        #expect(throws: JournalError(.corrupt, "")) { try core.entries(of: damaged, after: .none) }
        #expect(try core.entries(of: sound, after: .none).count == 1)
        let claim = try core.claim(sound, for: owner, .ifFree)
        try core.stage(append(sound, claim.epoch, at: claim.head))
        try core.commit()
        #expect(try core.entries(of: sound, after: .none).count == 2)
    }

    @Test func `does not open, and opens with everything when the good copy is back`() throws {
        _ = try filled()
        let place = try placeOfMark()
        for damage in [disk.flipBit, disk.misdirectWrite] {
            _ = damage(place.name, place.offset)
            disk.killProcess()
            #expect(throws: JournalError(.corrupt, "")) { try StoreCore(on: disk, index: VolatileIndex()) }
            disk.heal()
            let again = try StoreCore(on: disk, index: VolatileIndex())
            #expect(try again.entries(of: damaged, after: .none).first?.entry.answer == Self.mark)
        }
    }

    @Test func `is found out when it hands on what it was not given`() throws {
        let found = try SeededRun.run(seed: 1) { world in
            let history = History(trace: world.trace, isShared: false)
            history.record(.snapshotSaved(sound, Snapshot(head: .none, bytes: [1])))
            history.record(.handedOut(sound, snapshot: Snapshot(head: .none, bytes: [2]), entries: []))
            return history.violation?.checker
        }
        #expect(try found.result.get() == "durability")
    }

    /// A store with one entry for each of two actors.
    private func filled() throws -> StoreCore {
        let core = try StoreCore(on: disk, index: VolatileIndex())
        for address in [damaged, sound] {
            let claim = try core.claim(address, for: owner, .ifFree)
            try core.stage(append(address, claim.epoch, at: claim.head))
            try core.release(address, claim.epoch)
            try core.commit()
        }
        return core
    }

    private func append(_ address: ActorAddress, _ epoch: Epoch, at head: Head) throws -> JournalAppend {
        var generator = SeededGenerator(seed: head.rawValue)
        let command = CommandID(at: VirtualClock.firstWallTime, using: &generator)
        let answer = address == damaged ? Self.mark : [1]
        return JournalAppend(
            address: address,
            epoch: epoch,
            head: head,
            wallTime: VirtualClock.firstWallTime,
            entries: [JournalEntry(command: command, events: [[1]], answer: answer)],
            wake: nil
        )
    }

    private func placeOfMark() throws -> (name: String, offset: Int) {
        for name in try disk.names() {
            let file = try disk.open(name, creating: false)
            var bytes = [UInt8](repeating: 0, count: try file.size())
            _ = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
            let count = Self.mark.count
            for offset in bytes.indices.dropLast(count) where Array(bytes[offset..<offset + count]) == Self.mark {
                return (name, offset)
            }
        }
        throw DiskError(.notFound, "no file has the mark")
    }

    private static let mark = Array("the answer that is damaged".utf8)
}
