import MeshActors
import MeshCore
import MeshStore
import Testing

@Suite struct `Opening a store after a fault` {
    @Test func `a clean close loses nothing, over several segments`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        try StoreExample.fill(core, count: 12)
        let before = try StoreExample.contents(of: core)
        try core.close()
        #expect(disk.files.keys.filter { $0.hasPrefix("log-") }.count > 1)
        #expect(try StoreExample.contents(of: StoreExample.open(MemoryDisk(disk.files))) == before)
    }

    @Test func `every cut of the last batch leaves all batches before it`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        try StoreExample.fill(core, count: 3)
        let (before, filesBefore) = (try StoreExample.contents(of: core), disk.files)
        let address = try StoreExample.address("c")
        let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
        try core.stage(StoreExample.append([StoreExample.entry(9, bytes: 900)], to: address, claim, at: 0))
        try core.commit()
        let after = try StoreExample.contents(of: core)
        let (name, whole) = try #require(disk.files.first { $0.value != filesBefore[$0.key] })
        let old = filesBefore[name] ?? [UInt8](repeating: 0, count: whole.count)
        let padded = old + [UInt8](repeating: 0, count: whole.count - old.count)
        let changed = whole.indices.filter { whole[$0] != padded[$0] }
        let (first, last) = (try #require(changed.first), try #require(changed.last))
        for cut in first...last + 1 {
            var torn = disk.files
            torn[name] = Array(whole[..<cut] + padded[cut...])
            let opened = try StoreExample.open(MemoryDisk(torn))
            let found = try StoreExample.contents(of: opened)
            #expect(found == (cut > last ? after : before), "cut at \(cut) of \(first)...\(last)")
        }
    }

    @Test(arguments: [UInt64.min, 1, .max])
    func `a torn batch whose events look like headers is cut off all the same`(position: UInt64) throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        // The first segment is gone, so that a position may lie before the log.
        let claim = try core.claim(StoreExample.address("a"), for: StoreExample.owner, .ifFree)
        var head = 0
        while try disk.names().contains("log-0000000000000000") {
            try StoreExample.append([StoreExample.entry(head)], to: core, claim, at: &head)
            let snapshot = Snapshot(head: Head(rawValue: UInt64(head)), bytes: [1])
            try core.stage(snapshot, of: StoreExample.address("a"), claim.epoch)
            _ = try core.compact()
        }
        let filesBefore = disk.files
        let event = Array(repeating: Self.header(at: position), count: 20).flatMap { $0 }
        let entry = JournalEntry(command: StoreExample.entry(head).command, events: [event], answer: [])
        try StoreExample.append([entry], to: core, claim, at: &head)
        for (name, whole) in disk.files where whole != filesBefore[name] && name.hasPrefix("log-") {
            let old = filesBefore[name] ?? []
            let padded = old + [UInt8](repeating: 0, count: whole.count - old.count)
            guard let first = whole.indices.first(where: { whole[$0] != padded[$0] }) else { continue }
            var torn = disk.files
            // The sector with the batch's own header was not written, those behind it were.
            let end = min(whole.count, (first / 512 + 1) * 512)
            torn[name]?.replaceSubrange(first..<end, with: padded[first..<end])
            let opened = try StoreExample.open(MemoryDisk(torn))
            #expect(try opened.actors(after: nil).map(\.head.rawValue) == [UInt64(head - 1)])
        }
    }

    /// What a batch begins with, as anybody may write it who knows the format.
    private static func header(at position: UInt64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 68)
        bytes.replaceSubrange(0..<4, with: Array("MSHB".utf8))
        bytes.replaceSubrange(8..<16, with: withUnsafeBytes(of: position.bigEndian) { Array($0) })
        let checksum = bytes[..<60].withUnsafeBytes { CRC32C.checksum($0) }
        bytes.replaceSubrange(60..<64, with: withUnsafeBytes(of: checksum.bigEndian) { Array($0) })
        bytes.replaceSubrange(64..<68, with: [0x5A, 0x5A, 0x5A, 0x5A])
        return bytes
    }

    @Test func `an index that was made beside the store is never ahead of what is safe, and is caught up`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        try StoreExample.fill(core, count: 12)
        try core.close()
        let closed = VolatileIndex()
        try IndexMaking.play(disk, to: closed)
        try StoreVerification.compare(closed, with: disk)
        #expect(try closed.rows(after: nil, limit: .max).count == 2)
        // What comes now is acknowledged, but the anchor does not know it yet.
        let later = try StoreExample.open(disk)
        let address = try StoreExample.address("c")
        let claim = try later.claim(address, for: StoreExample.owner, .ifFree)
        try later.stage(StoreExample.append([StoreExample.entry(1)], to: address, claim, at: 0))
        try later.commit()
        let index = VolatileIndex()
        try IndexMaking.play(MemoryDisk(disk.files), to: index)
        #expect(try index.rows(after: nil, limit: .max).count == 2)
        let opened = try StoreExample.open(MemoryDisk(disk.files), index: index)
        #expect(try StoreExample.contents(of: opened) == StoreExample.contents(of: later))
    }

    @Test func `an index that refuses what is durable ends the store, and a new one has it`() throws {
        let disk = MemoryDisk()
        let index = RefusingIndex()
        let core = try StoreExample.open(disk, index: index)
        let claim = try core.claim(StoreExample.address("a"), for: StoreExample.owner, .ifFree)
        var head = 0
        try StoreExample.append([StoreExample.entry(0)], to: core, claim, at: &head)
        index.refuses.withLock { $0 = true }
        #expect(throws: JournalError(.unknownOutcome, "")) {
            try StoreExample.append([StoreExample.entry(1)], to: core, claim, at: &head)
        }
        index.refuses.withLock { $0 = false }
        head += 1
        #expect(throws: JournalError(.failed, "")) {
            try StoreExample.append([StoreExample.entry(2)], to: core, claim, at: &head)
        }
        #expect(try StoreExample.contents(of: StoreExample.open(MemoryDisk(disk.files)))["a"]?.count == 2)
    }

    @Test func `sectors of the last batch may be missing anywhere`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        try StoreExample.fill(core, count: 3)
        let (before, filesBefore) = (try StoreExample.contents(of: core), disk.files)
        let address = try StoreExample.address("c")
        let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
        try core.stage(StoreExample.append([StoreExample.entry(9, bytes: 1_900)], to: address, claim, at: 0))
        try core.commit()
        for (name, whole) in disk.files where whole != filesBefore[name] && name.hasPrefix("log-") {
            let old = filesBefore[name] ?? []
            let padded = old + [UInt8](repeating: 0, count: whole.count - old.count)
            for start in stride(from: 0, to: whole.count, by: 512) {
                let sector = start..<min(start + 512, whole.count)
                guard whole[sector] != padded[sector] else { continue }
                var torn = disk.files
                torn[name]?.replaceSubrange(sector, with: padded[sector])
                guard sector.lowerBound > 0 else { continue }  // a segment's header is synced before its batches
                #expect(try StoreExample.contents(of: StoreExample.open(MemoryDisk(torn))) == before)
            }
        }
    }

    @Test func `damage in a last batch that holds zeros of its own is no interrupted write`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        let address = try StoreExample.address("zeros")
        let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
        let filesBefore = disk.files
        // Entry 0 of the example is nothing but zeros: two sectors at least have no other byte.
        try core.stage(StoreExample.append([StoreExample.entry(0, bytes: 1_900)], to: address, claim, at: 0))
        try core.commit()
        let logs = disk.files.filter { $0.key.hasPrefix("log-") }
        let (name, whole) = try #require(logs.first { $0.value != filesBefore[$0.key] })
        let end = try #require(whole.lastIndex { $0 != 0 })
        for offset in 64...end {
            var files = disk.files
            files[name]?[offset] ^= 0x81
            #expect(throws: JournalError(.corrupt, ""), "\(offset)") { try StoreExample.open(MemoryDisk(files)) }
        }
        #expect(try StoreExample.contents(of: StoreExample.open(MemoryDisk(disk.files))).count == 1)
    }

    @Test func `a log without its acknowledged end, its beginning or its anchor is refused`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        try StoreExample.fill(core, count: 12)
        try core.close()
        let segments = disk.files.keys.filter { $0.hasPrefix("log-") }.sorted()
        for missing in segments + ["anchor"] {
            var files = disk.files
            files[missing] = nil
            #expect(throws: JournalError(.corrupt, "")) { try StoreExample.open(MemoryDisk(files)) }
        }
        #expect(throws: JournalError(.corrupt, "")) {
            try StoreExample.open(MemoryDisk(disk.files.filter { $0.key == "anchor" }))
        }
    }

    @Test func `an index that knows more than the log shows that the log has lost its end`() throws {
        let disk = MemoryDisk()
        let index = VolatileIndex()
        let core = try StoreExample.open(disk, index: index)
        try StoreExample.fill(core, count: 3)
        let files = disk.files
        let address = try StoreExample.address("a")
        let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
        try core.stage(StoreExample.append([StoreExample.entry(9)], to: address, claim, at: 3))
        try core.commit()
        #expect(throws: JournalError(.corrupt, "")) { try StoreExample.open(MemoryDisk(files), index: index) }
    }

    @Test func `no epoch is handed out twice, even of claims that wrote nothing`() throws {
        var files: [String: [UInt8]] = [:]
        var taken: Set<Epoch> = []
        for _ in 0..<5 {
            let disk = MemoryDisk(files)
            let core = try StoreExample.open(disk)
            let claim = try core.claim(StoreExample.address("a"), for: StoreExample.owner, .ifFree)
            #expect(taken.insert(claim.epoch).inserted)
            files = disk.files
        }
    }
}

/// An index in memory, a double, that can be made to refuse changes.
private final class RefusingIndex: LogIndex {
    let refuses = Lock(false)
    private let base = VolatileIndex()

    var applied: LogCursor? { base.applied }

    func row(of address: ActorAddress) throws(JournalError) -> ActorRow? { try base.row(of: address) }

    func places(of address: ActorAddress, after head: Head, limit: Int) throws(JournalError) -> [EntryPlace] {
        try base.places(of: address, after: head, limit: limit)
    }

    func rows(
        after address: ActorAddress?,
        limit: Int
    ) throws(JournalError) -> [(address: ActorAddress, row: ActorRow)] {
        try base.rows(after: address, limit: limit)
    }

    func rowsToWake(
        until wallTime: WallTime,
        after mark: WakeMark?,
        limit: Int
    ) throws(JournalError) -> [(address: ActorAddress, row: ActorRow)] {
        try base.rowsToWake(until: wallTime, after: mark, limit: limit)
    }

    func apply(_ changes: IndexChanges) throws(JournalError) {
        if refuses.withLock({ $0 }) { throw JournalError(.readOnly, "refused") }
        try base.apply(changes)
    }

    func removeAll() throws(JournalError) { try base.removeAll() }

    func close() {}
}
