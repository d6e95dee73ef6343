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
}
