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
