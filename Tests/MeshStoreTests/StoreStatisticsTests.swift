import MeshActors
import MeshCore
import MeshStore
import Testing

@Suite struct `What a store tells of itself` {
    private static func open(_ disk: MemoryDisk) async throws -> LogStore {
        try await LogStore.open(on: disk, index: VolatileIndex(), StoreExample.configuration)
    }

    @Test func `counts batches, what is in them, and what the disk takes for them`() async throws {
        let store = try await Self.open(MemoryDisk())
        let address = try StoreExample.address("a")
        let claim = try await store.claim(address, for: StoreExample.owner, .ifFree)
        for number in 0..<5 {
            let entries = [StoreExample.entry(2 * number), StoreExample.entry(2 * number + 1)]
            try await store.append(StoreExample.append(entries, to: address, claim, at: 2 * number))
        }
        let found = store.statistics
        #expect(found.condition == .serving && found.batchRecords.count == 5)
        // The first batch also says who owns the actor.
        #expect(found.batchRecords.sum == 11)
        #expect(found.batchBytes.count == 5 && found.batchBytes.sum >= 10 * 20)
        #expect(found.syncTimes.count >= 5 && found.syncTimes.sum > 0)
        #expect(found.segments == 1 && found.generation == 1 && found.requestsWaiting == 0)
        #expect(found.end.rawValue == UInt64(found.batchBytes.sum))
        #expect(found.anchored <= found.end && found.compactionFailure == nil && found.indexFailure == nil)
        try await store.close()
    }

    @Test func `a store without room says so, and finds out by itself that it has some again`() async throws {
        let disk = MemoryDisk()
        let store = try await Self.open(disk)
        let address = try StoreExample.address("a")
        let claim = try await store.claim(address, for: StoreExample.owner, .ifFree)
        disk.limit(to: disk.used)
        var head = 0
        while store.statistics.condition == .serving {
            do throws(JournalError) {
                let entry = StoreExample.entry(head, bytes: 300)
                try await store.append(StoreExample.append([entry], to: address, claim, at: head))
                head += 1
            } catch {
                #expect(error.code == .readOnly)
            }
        }
        #expect(store.statistics.condition == .readOnly && store.statistics.refusedCommits == 1)
        await store.answers()
        #expect(store.statistics.condition == .readOnly)
        disk.limit(to: .max)
        await store.answers()
        #expect(store.statistics.condition == .serving)
        let entry = StoreExample.entry(head)
        try await store.append(StoreExample.append([entry], to: address, claim, at: head))
        #expect(store.statistics.failedCommits == 0)
        try await store.close()
    }

    @Test func `a store whose disk has failed says so until it is opened anew`() async throws {
        let disk = MemoryDisk()
        let store = try await Self.open(disk)
        let address = try StoreExample.address("a")
        let claim = try await store.claim(address, for: StoreExample.owner, .ifFree)
        disk.failSyncs(true)
        let append = StoreExample.append([StoreExample.entry(0)], to: address, claim, at: 0)
        await #expect(throws: JournalError.self) { try await store.append(append) }
        #expect(store.statistics.condition == .failed && store.statistics.failedCommits == 1)
        disk.failSyncs(false)
        await store.answers()
        #expect(store.statistics.condition == .failed)
        try? await store.close()
        let again = try await Self.open(MemoryDisk(disk.files))
        #expect(again.statistics.condition == .serving && again.statistics.generation == 2)
        try await again.close()
    }
}
