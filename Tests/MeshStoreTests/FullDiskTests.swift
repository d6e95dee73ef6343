import MeshActors
import MeshCore
import MeshStore
import Testing

@Suite struct `A full or broken disk` {
    @Test func `at any size loses nothing acknowledged, and writing goes on when there is room`() throws {
        for room in stride(from: 0, to: 6_000, by: 61) {
            let disk = MemoryDisk()
            let core = try StoreExample.open(disk)
            let address = try StoreExample.address("a")
            let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
            disk.limit(to: disk.used + room)
            var acknowledged: [JournalEntry] = []
            var refusals = 0
            for number in 0..<60 {
                if refusals == 5 { disk.limit(to: .max) }
                do throws(JournalError) {
                    let entry = StoreExample.entry(number)
                    try core.stage(StoreExample.append([entry], to: address, claim, at: acknowledged.count))
                    try core.commit()
                    acknowledged.append(entry)
                } catch {
                    #expect(error.code == .readOnly)
                    refusals += 1
                }
                #expect(try core.entries(of: address, after: .none).map(\.entry) == acknowledged)
            }
            #expect(refusals == 5)
            let again = try StoreExample.open(MemoryDisk(disk.files))
            #expect(try StoreExample.contents(of: again) == ["a": acknowledged])
        }
    }

    @Test func `that has no room for a new segment keeps nothing of it`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        let address = try StoreExample.address("a")
        let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
        var (head, names) = (0, try disk.names())
        // Room that ends anywhere in what a segment is given; what did not fit leaves neither a file nor a byte.
        for room in stride(from: 0, to: 4_000, by: 97) {
            disk.limit(to: disk.used + room)
            while true {
                let used = disk.used
                do throws(JournalError) {
                    let entry = StoreExample.entry(head, bytes: 300)
                    try core.stage(StoreExample.append([entry], to: address, claim, at: head))
                    try core.commit()
                    (head, names) = (head + 1, (try? disk.names()) ?? [])
                } catch {
                    #expect(error.code == .readOnly)
                    #expect(try disk.names() == names)
                    #expect(disk.used <= used + StoreExample.configuration.allocationStepBytes)
                    break
                }
            }
            let again = try StoreExample.open(MemoryDisk(disk.files))
            #expect(try StoreExample.contents(of: again)["a"]?.count ?? 0 == head)
        }
        #expect(head > 3)
    }

    @Test func `that fails while a segment begins leaves no way back to the one before`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        let address = try StoreExample.address("a")
        let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
        var head = 0
        disk.failNextFolderSync(with: DiskError(.noSpace, "no room for a name"))
        while true {
            do throws(JournalError) {
                try core.stage(StoreExample.append([StoreExample.entry(head)], to: address, claim, at: head))
                try core.commit()
                head += 1
            } catch {
                #expect(error.code == .unknownOutcome)
                break
            }
            try #require(head < 100)
        }
        #expect(throws: JournalError(.failed, "")) {
            try core.stage(StoreExample.append([StoreExample.entry(0, bytes: 1)], to: address, claim, at: head))
            try core.commit()
        }
        #expect(try StoreExample.contents(of: StoreExample.open(MemoryDisk(disk.files)))["a"]?.count == head)
    }

    @Test func `leaves nobody in memory whose records could not be written again`() throws {
        let disk = MemoryDisk()
        // What a segment holds is much more than the room that is kept for it.
        var configuration = StoreExample.configuration
        configuration.segmentBytes = 16_384
        var core = try StoreCore(on: disk, index: VolatileIndex(), configuration)
        for number in 0..<40 {
            let address = try StoreExample.address("idle-\(number)")
            let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
            try core.stage(StoreExample.append([StoreExample.entry(number)], to: address, claim, at: 0))
            try core.commit()
        }
        let busy = try StoreExample.address("busy")
        let claim = try core.claim(busy, for: StoreExample.owner, .ifFree)
        for number in 0..<400 {
            try core.stage(StoreExample.append([StoreExample.entry(number)], to: busy, claim, at: number))
            try core.commit()
            try core.stage(Snapshot(head: Head(rawValue: UInt64(number + 1)), bytes: [1]), of: busy, claim.epoch)
            try core.commit()
        }
        try core.close()
        core = try StoreCore(on: disk, index: VolatileIndex(), configuration)
        disk.limit(to: disk.used)
        // It looks at a few segments each time.
        let failures = (0..<30).compactMap { _ in
            do throws(JournalError) {
                _ = try core.compact()
                return JournalErrorCode?.none
            } catch {
                return error.code
            }
        }
        #expect(!failures.isEmpty && failures.allSatisfy { $0 == .readOnly })
        #expect(core.liveCount == 0)
        disk.limit(to: .max)
        #expect(try core.compact())
    }

    @Test func `that fails a sync makes the store read-only until it is opened anew`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        try StoreExample.fill(core, count: 2)
        let contents = try StoreExample.contents(of: core)
        let address = try StoreExample.address("a")
        let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
        disk.failSyncs(true)
        try core.stage(StoreExample.append([StoreExample.entry(7)], to: address, claim, at: 2))
        #expect(throws: JournalError(.unknownOutcome, "")) { try core.commit() }
        disk.failSyncs(false)
        try core.stage(StoreExample.append([StoreExample.entry(7)], to: address, claim, at: 2))
        #expect(throws: JournalError(.failed, "")) { try core.commit() }
        #expect(try StoreExample.contents(of: core) == contents)
    }
}
