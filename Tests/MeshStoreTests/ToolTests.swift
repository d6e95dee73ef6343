import MeshActors
import MeshCore
import MeshStore
import Testing

@Suite struct `The tools of a store` {
    @Test func `a copy of a serving store is sound and holds the same`() async throws {
        let (folder, target) = (try TemporaryFolder(), try TemporaryFolder())
        let index = BackgroundIndex(before: try LMDBIndex(path: "\(folder.path)/index.mdb"))
        let store = try await LogStore.open(on: POSIXDisk(path: folder.path), index: index)
        let address = try StoreExample.address("a")
        let claim = try await store.claim(address, for: StoreExample.owner, .ifFree)
        try await store.append(StoreExample.append([StoreExample.entry(1)], to: address, claim, at: 0))
        let disk = try POSIXDisk(path: target.path)
        try await store.backUp(to: disk)
        let report = StoreVerification.verify(disk)
        #expect(report.isSound && report.entries == 1 && report.remarks.isEmpty)
        try await store.append(StoreExample.append([StoreExample.entry(2)], to: address, claim, at: 1))
        try await store.close()
        let copy = try await LogStore.open(on: disk, index: VolatileIndex())
        #expect(try await copy.entries(of: address, after: .none).map(\.entry) == [StoreExample.entry(1)])
        try await copy.close()
    }

    @Test func `a dump names every record of an actor`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        try StoreExample.fill(core, count: 4)
        try core.close()
        var lines: [String] = []
        try StoreTool.dump(disk, of: StoreExample.address("b")) { lines.append($0) }
        // Who owns it, four entries, where it stands, and a snapshot of the half of it.
        #expect(lines.count == 7)
        #expect(lines.allSatisfy { $0.contains("sample/b") })
        // Twenty zeros are no item; nobody but the store's example writes such events.
        #expect(lines[1].hasSuffix("events h'0000000000000000000000000000000000000000'"))
        #expect(lines[6].hasSuffix("snapshot h'010203'"))
        #expect(try StoreTool.statistics(disk).counts.entries == 8)
    }

    @Test func `verifying changes nothing, whatever it finds`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        try StoreExample.fill(core, count: 4)
        let files = disk.files
        #expect(StoreVerification.verify(disk).isSound)
        let name = try #require(files.keys.first { $0.hasPrefix("log-") })
        for offset in files[name]?.indices ?? 0..<0 {
            var altered = files
            altered[name]?[offset] ^= 0x10
            let disk = MemoryDisk(altered)
            _ = StoreVerification.verify(disk)
            #expect(disk.files == altered)
        }
        #expect(StoreVerification.verify(MemoryDisk()).faults.count == 1)
    }

    @Test func `comparing an index with its log walks through each once and sees a wake that is not there`() throws {
        let disk = MemoryDisk()
        let index = VolatileIndex()
        let core = try StoreExample.open(disk, index: index)
        for number in 0..<3_000 {
            let address = try StoreExample.address("a-\(number)")
            let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
            let wake = WallTime(millisecondsSince1970: Int64(number % 7))
            try core.stage(StoreExample.append([StoreExample.entry(number)], to: address, claim, at: 0, wake: wake))
        }
        try core.commit()
        try StoreVerification.compare(index, with: disk)
        // One wake that the log does not know.
        var row = try #require(try index.row(of: StoreExample.address("a-2999")))
        row.wake = nil
        var changes = IndexChanges()
        changes.rows = [(try StoreExample.address("a-2999"), row)]
        changes.cursor = try #require(index.applied)
        try index.apply(changes)
        #expect(throws: JournalError(.corrupt, "")) { try StoreVerification.compare(index, with: disk) }
    }

    @Test func `an index that says something else than the log is found`() throws {
        let disk = MemoryDisk()
        let index = VolatileIndex()
        let core = try StoreExample.open(disk, index: index)
        try StoreExample.fill(core, count: 4)
        try StoreVerification.compare(index, with: disk)
        var changes = IndexChanges()
        let place = EntryPlace(head: Head(rawValue: 4), position: LogPosition(rawValue: 1))
        changes.entries = [(try StoreExample.address("a"), place)]
        changes.cursor = try #require(index.applied)
        try index.apply(changes)
        #expect(throws: JournalError(.corrupt, "")) { try StoreVerification.compare(index, with: disk) }
    }
}
