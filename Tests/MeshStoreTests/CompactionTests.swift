import MeshActors
import MeshCore
import MeshStore
import Testing

@Suite struct `Compaction` {
    @Test func `drops what snapshots have made useless and keeps all the rest`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        let (busy, idle) = (try StoreExample.address("busy"), try StoreExample.address("idle"))
        let idleClaim = try core.claim(idle, for: StoreExample.owner, .ifFree)
        let wake = WallTime(millisecondsSince1970: 77)
        try core.stage(StoreExample.append([StoreExample.entry(1)], to: idle, idleClaim, at: 0, wake: wake))
        try core.commit()
        let claim = try core.claim(busy, for: StoreExample.owner, .ifFree)
        var dropped = 0
        for number in 0..<200 {
            try core.stage(StoreExample.append([StoreExample.entry(number)], to: busy, claim, at: number))
            if number % 10 == 9 {
                let snapshot = Snapshot(head: Head(rawValue: UInt64(number - 2)), bytes: [UInt8(number)])
                try core.commit()
                try core.stage(snapshot, of: busy, claim.epoch)
            }
            try core.commit()
            if try core.compact() { dropped += 1 }
        }
        #expect(dropped > 5)
        #expect(disk.files.count < 10)
        for core in [core, try StoreExample.open(MemoryDisk(disk.files))] {
            #expect(try core.entries(of: idle, after: .none).map(\.entry) == [StoreExample.entry(1)])
            #expect(try core.actorsToWake(until: wake).map(\.address) == [idle])
            let held = try core.claim(busy, for: StoreExample.owner, .ifFree)
            #expect(held.head.rawValue == 200)
            let snapshot = try #require(held.snapshot)
            #expect(snapshot == Snapshot(head: Head(rawValue: 197), bytes: [199]))
            let rest = try core.entries(of: busy, after: snapshot.head).map(\.entry)
            #expect(rest == (197..<200).map { StoreExample.entry($0) })
        }
        #expect(StoreVerification.verify(MemoryDisk(disk.files)).faults == [])
    }

    @Test func `is not stopped by an oldest segment of which everything is needed`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        // Enough of it to fill the first segment, and never a snapshot.
        let idle = try StoreExample.address("idle")
        let idleClaim = try core.claim(idle, for: StoreExample.owner, .ifFree)
        for number in 0..<15 {
            try core.stage(StoreExample.append([StoreExample.entry(number)], to: idle, idleClaim, at: number))
            try core.commit()
        }
        let busy = try StoreExample.address("busy")
        let claim = try core.claim(busy, for: StoreExample.owner, .ifFree)
        for number in 0..<300 {
            try core.stage(StoreExample.append([StoreExample.entry(number)], to: busy, claim, at: number))
            try core.commit()
            try core.stage(Snapshot(head: Head(rawValue: UInt64(number)), bytes: [1]), of: busy, claim.epoch)
            try core.commit()
            while try core.compact() {}
        }
        #expect(disk.files.count < 12, "\(disk.files.count) files")
        for core in [core, try StoreExample.open(MemoryDisk(disk.files))] {
            let found = try core.entries(of: idle, after: .none).map(\.entry)
            #expect(found == (0..<15).map { StoreExample.entry($0) })
            #expect(try core.entries(of: busy, after: Head(rawValue: 299)).count == 1)
        }
        #expect(StoreVerification.verify(MemoryDisk(disk.files)).faults == [])
    }

    @Test func `rewrites no log of which more than half is needed`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        try StoreExample.fill(core, count: 1)
        let address = try StoreExample.address("a")
        let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
        for number in 1..<60 {
            try core.stage(StoreExample.append([StoreExample.entry(number, bytes: 90)], to: address, claim, at: number))
            try core.commit()
        }
        #expect(try !core.compact())
    }

    @Test func `makes room on a full disk whose oldest segments nobody needs`() async throws {
        let disk = MemoryDisk()
        let store = try await LogStore.open(on: disk, index: VolatileIndex(), StoreExample.configuration)
        let address = try StoreExample.address("a")
        let claim = try await store.claim(address, for: StoreExample.owner, .ifFree)
        for number in 0..<60 {
            try await store.append(StoreExample.append([StoreExample.entry(number)], to: address, claim, at: number))
        }
        disk.limit(to: disk.used)
        var head = 60
        while true {
            do throws(JournalError) {
                try await store.append(StoreExample.append([StoreExample.entry(head)], to: address, claim, at: head))
                head += 1
            } catch {
                #expect(error.code == .readOnly)
                break
            }
        }
        // Room for the snapshot alone, which makes everything before it useless.
        disk.limit(to: disk.used + 2_000)
        let snapshot = Snapshot(head: Head(rawValue: UInt64(head)), bytes: [7])
        try await store.save(snapshot, of: address, claim.epoch)
        disk.limit(to: disk.used)
        var refusals = 0
        for number in head..<head + 30 {
            while true {
                do throws(JournalError) {
                    let entry = StoreExample.entry(number)
                    try await store.append(StoreExample.append([entry], to: address, claim, at: number))
                    break
                } catch {
                    #expect(error.code == .readOnly)
                    refusals += 1
                    try #require(refusals < 1_000_000)
                }
            }
        }
        #expect(refusals > 0)
        try await store.close()
        #expect(StoreVerification.verify(MemoryDisk(disk.files)).faults == [])
    }

    @Test func `runs beside a writer that does not wait for it`() async throws {
        let folder = try TemporaryFolder()
        let index = BackgroundIndex(before: try LMDBIndex(path: "\(folder.path)/index.mdb"))
        let disk = try POSIXDisk(path: folder.path)
        let store = try await LogStore.open(on: disk, index: index, StoreExample.configuration)
        let (busy, idle) = (try StoreExample.address("busy"), try StoreExample.address("idle"))
        let idleClaim = try await store.claim(idle, for: StoreExample.owner, .ifFree)
        try await store.append(StoreExample.append([StoreExample.entry(1)], to: idle, idleClaim, at: 0))
        let claim = try await store.claim(busy, for: StoreExample.owner, .ifFree)
        var number = 0
        // The first segment is dropped sooner or later, while both are written.
        while try disk.names().contains("log-0000000000000000") {
            try await store.append(StoreExample.append([StoreExample.entry(number)], to: busy, claim, at: number))
            number += 1
            try await store.save(Snapshot(head: Head(rawValue: UInt64(number)), bytes: [1]), of: busy, claim.epoch)
            try #require(number < 20_000)
        }
        #expect(try await store.entries(of: idle, after: .none).map(\.entry) == [StoreExample.entry(1)])
        try await store.close()
        let report = StoreVerification.verify(try POSIXDisk(path: folder.path))
        #expect(report.faults == [] && report.actors == 2)
    }
}
