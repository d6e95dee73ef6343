import MeshActors
import MeshCore
import MeshStore
import Testing

@Suite struct `The bounds of a store` {
    @Test func `a snapshot at its bound fits a record, and a record fits a batch`() throws {
        #expect(Limits.Store.maximumRecordBytes < Limits.Store.maximumBatchBytes)
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        let address = try StoreExample.address("a")
        let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
        let bytes = [UInt8](repeating: 3, count: Limits.Journal.maximumSnapshotBytes)
        try core.stage(Snapshot(head: .none, bytes: bytes), of: address, claim.epoch)
        try core.commit()
        let again = try StoreExample.open(MemoryDisk(disk.files))
        #expect(try again.claim(address, for: StoreExample.owner, .ifFree).snapshot?.bytes == bytes)
    }

    @Test func `an append that its framing makes too large for a batch is refused`() throws {
        let core = try StoreExample.open(MemoryDisk())
        let address = try StoreExample.address("a")
        let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
        let command = StoreExample.entry(1).command
        let crowded = JournalEntry(
            command: command,
            events: Array(repeating: [], count: Limits.Store.maximumEventsInEntry + 1),
            answer: []
        )
        let full = JournalEntry(command: command, events: Array(repeating: [], count: 3_000), answer: [])
        for entries in [[crowded], Array(repeating: full, count: Limits.Journal.maximumEntries)] {
            #expect(throws: JournalError(.tooLarge, "")) {
                try core.stage(StoreExample.append(entries, to: address, claim, at: 0))
            }
        }
    }

    @Test(arguments: [Limits.Store.maximumRequestsWaiting, Limits.Store.maximumReadsWaiting])
    func `a queue refuses what is beyond its bound, and everything once closed`(bound: Int) {
        let queue = RequestQueue<Int>(capacity: bound)
        for number in 0..<bound { #expect(queue.append(number) == nil) }
        #expect(queue.append(0) == .full)
        var taken: [Int] = []
        #expect(queue.take(into: &taken, patience: nil))
        #expect(taken.count == bound)
        queue.close()
        #expect(queue.append(0) == .closed)
        taken.removeAll()
        #expect(!queue.take(into: &taken, patience: nil))
    }

    @Test func `a queue refuses what is beyond its bytes, and says when there is room again`() {
        let queue = RequestQueue<Int>(capacity: 10, byteCapacity: 100)
        #expect(queue.append(1, bytes: 99) == nil)
        #expect(queue.append(2, bytes: 50) == nil)
        #expect(queue.append(3, bytes: 1) == .full)
        #expect(queue.append(4) == nil)
        let resumed = Lock(0)
        queue.whenThereIsRoom { resumed.withLock { $0 += 1 } }
        #expect(resumed.withLock { $0 } == 0)
        var taken: [Int] = []
        #expect(queue.take(into: &taken, patience: nil))
        #expect(resumed.withLock { $0 } == 1)
        queue.whenThereIsRoom { resumed.withLock { $0 += 1 } }
        #expect(resumed.withLock { $0 } == 2)
        #expect(queue.append(3, bytes: 100) == nil)
        queue.whenThereIsRoom { resumed.withLock { $0 += 1 } }
        queue.close()
        #expect(resumed.withLock { $0 } == 3)
    }

    @Test func `more appends than fit the queue wait for room and are all written`() async throws {
        var configuration = LogConfiguration()
        #expect(configuration.waitingBytes == Limits.Store.maximumBytesWaiting)
        configuration.waitingBytes = 1_000
        let store = try await LogStore.open(on: MemoryDisk(), index: VolatileIndex(), configuration)
        // Each passes the bound by itself, and all of them are asked for at once.
        let (bytes, count) = (1_001, 200)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask {
                    await #expect(throws: Never.self) {
                        let address = try StoreExample.address("a-\(number)")
                        let claim = try await store.claim(address, for: StoreExample.owner, .ifFree)
                        let entry = StoreExample.entry(number, bytes: bytes)
                        try await store.append(StoreExample.append([entry], to: address, claim, at: 0))
                    }
                }
            }
        }
        #expect(try await store.actors(after: nil).count == count)
        try await store.close()
    }

    @Test func `a read ends with the entry that passes its bytes`() throws {
        let core = try StoreExample.open(MemoryDisk())
        let address = try StoreExample.address("a")
        let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
        for number in 0..<5 {
            let entry = StoreExample.entry(number, bytes: Limits.Store.maximumBytesRead / 2)
            try core.stage(StoreExample.append([entry], to: address, claim, at: number))
            try core.commit()
        }
        #expect(try core.entries(of: address, after: .none).map(\.head.rawValue) == [1, 2])
        #expect(try core.entries(of: address, after: Head(rawValue: 4)).count == 1)
    }

    @Test func `an actor claimed, not written and given up takes no memory`() throws {
        let core = try StoreExample.open(MemoryDisk())
        for number in 0..<1_000 {
            let address = try StoreExample.address("a-\(number)")
            let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
            try core.release(address, claim.epoch)
            #expect(throws: JournalError(.fenced, "")) {
                try core.stage(StoreExample.append([StoreExample.entry(1)], to: address, claim, at: 0))
            }
        }
        #expect(core.liveCount == 0)
    }

    @Test func `nothing more is written where an index takes nothing and too much waits for it`() throws {
        let index = BackgroundIndex(before: RefusingIndex())
        let core = try StoreExample.open(MemoryDisk(), index: index)
        let address = try StoreExample.address("a")
        let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
        var changes = IndexChanges()
        changes.rows = Array(repeating: (address, ActorRow()), count: Limits.Store.maximumChangesWaiting + 1)
        changes.cursor = try #require(index.applied)
        try index.apply(changes)
        #expect(throws: JournalError(.readOnly, "")) {
            try core.stage(StoreExample.append([StoreExample.entry(1)], to: address, claim, at: 0))
        }
        #expect(try core.entries(of: address, after: .none).isEmpty)
        #expect(index.failure?.code == .readOnly)
        try core.close()
    }

    @Test func `what an index cannot take while a store is opened waits in memory`() throws {
        let index = BackgroundIndex(before: RefusingIndex())
        let address = try StoreExample.address("a")
        for head in 1...3 as ClosedRange<UInt64> {
            var changes = IndexChanges()
            var row = ActorRow()
            row.head = Head(rawValue: head)
            changes.rows = [(address, row)]
            changes.cursor = LogCursor(position: LogPosition(rawValue: head), hash: .zero)
            try head < 3 ? index.applyLarge(changes) : index.apply(changes)
        }
        #expect(try index.row(of: address)?.head.rawValue == 3)
        #expect(index.applied?.position.rawValue == 3)
        #expect(index.failure?.code == .readOnly)
        index.close()
    }

    @Test func `whoever writes waits where too many changes wait for the index`() throws {
        let base = VolatileIndex()
        let index = BackgroundIndex(before: base)
        let address = try StoreExample.address("a")
        var changes = IndexChanges()
        changes.rows = Array(repeating: (address, ActorRow()), count: Limits.Store.maximumChangesWaiting + 1)
        changes.cursor = LogCursor(position: LogPosition(rawValue: 9), hash: .zero)
        try index.apply(changes)
        #expect(base.applied == changes.cursor)
        index.close()
    }
}

/// An index, a double, on a disk without room.
private final class RefusingIndex: LogIndex {
    var applied: LogCursor? { nil }

    func row(of address: ActorAddress) throws(JournalError) -> ActorRow? { nil }

    func places(of address: ActorAddress, after head: Head, limit: Int) throws(JournalError) -> [EntryPlace] { [] }

    func rows(after address: ActorAddress?, limit: Int) throws(JournalError) -> [(
        address: ActorAddress, row: ActorRow
    )] { [] }

    func rowsToWake(until wallTime: WallTime, after mark: WakeMark?, limit: Int) throws(JournalError) -> [(
        address: ActorAddress, row: ActorRow
    )] { [] }

    func apply(_ changes: IndexChanges) throws(JournalError) { throw JournalError(.readOnly, "there is no room") }

    func removeAll() throws(JournalError) {}

    func close() {}
}
