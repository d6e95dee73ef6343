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

    @Test func `keeps every entry of a kind whose history is kept, and drops those of others`() throws {
        let disk = MemoryDisk()
        let core = try StoreCore(on: disk, index: VolatileIndex(), Self.keepingBooks)
        let book = try ActorAddress(ActorKind("book"), "acct-1")
        let busy = try StoreExample.address("busy")
        let bookClaim = try core.claim(book, for: StoreExample.owner, .ifFree)
        let claim = try core.claim(busy, for: StoreExample.owner, .ifFree)
        var dropped = 0
        for number in 0..<300 {
            for (address, claim) in [(book, bookClaim), (busy, claim)] where address == busy || number % 6 == 0 {
                let head = address == busy ? number : number / 6
                try core.stage(StoreExample.append([StoreExample.entry(number)], to: address, claim, at: head))
                try core.commit()
                guard number % 12 == 6 else { continue }
                let snapshot = Snapshot(head: Head(rawValue: UInt64(head + 1)), bytes: [1])
                try core.stage(snapshot, of: address, claim.epoch)
                try core.commit()
            }
            while try core.compact() { dropped += 1 }
        }
        #expect(dropped > 5)
        let reopened = try StoreCore(on: MemoryDisk(disk.files), index: VolatileIndex(), Self.keepingBooks)
        for core in [core, reopened] {
            let kept = try core.entries(of: book, after: .none)
            #expect(kept.map(\.entry) == stride(from: 0, to: 300, by: 6).map { StoreExample.entry($0) })
            #expect(kept.map(\.head.rawValue) == (1...50).map { UInt64($0) })
            #expect(try core.entries(of: busy, after: .none).first?.head != Head(rawValue: 1))
            // Coming back is as cheap as before: from the snapshot on.
            #expect(try core.claim(book, for: StoreExample.owner, .ifFree).snapshot?.head == Head(rawValue: 50))
        }
        let stopped = try StoppedStore(MemoryDisk(disk.files), of: book.kind)
        #expect(try stopped.actors(after: nil).map(\.address) == [book])
        #expect(try stopped.entries(of: book, after: .none).count == 50)
        #expect(try stopped.look(at: book).snapshot?.head == Head(rawValue: 50))
        #expect(StoreVerification.verify(MemoryDisk(disk.files)).faults == [])
    }

    @Test func `an index keeps the places of a history, whatever is written again`() throws {
        let folder = try TemporaryFolder()
        let index = try LMDBIndex(path: "\(folder.path)/index.mdb")
        let disk = MemoryDisk()
        let core = try StoreCore(on: disk, index: index, Self.keepingBooks)
        let book = try ActorAddress(ActorKind("book"), "acct-1")
        let busy = try StoreExample.address("busy")
        let bookClaim = try core.claim(book, for: StoreExample.owner, .ifFree)
        let claim = try core.claim(busy, for: StoreExample.owner, .ifFree)
        var dropped = 0
        for number in 0..<200 {
            if number < 40 {
                try core.stage(StoreExample.append([StoreExample.entry(number)], to: book, bookClaim, at: number))
            }
            try core.stage(StoreExample.append([StoreExample.entry(number)], to: busy, claim, at: number))
            try core.commit()
            try core.stage(Snapshot(head: Head(rawValue: UInt64(number + 1)), bytes: [1]), of: busy, claim.epoch)
            try core.commit()
            if number == 40 {
                try core.stage(Snapshot(head: Head(rawValue: 40), bytes: [2]), of: book, bookClaim.epoch)
                try core.commit()
            }
            while try core.compact() { dropped += 1 }
        }
        #expect(dropped > 3)
        #expect(try core.entries(of: book, after: .none).map(\.entry) == (0..<40).map { StoreExample.entry($0) })
        try StoreVerification.compare(index, with: disk, keepingHistoryOf: [book.kind])
    }

    private static var keepingBooks: LogConfiguration {
        var configuration = StoreExample.configuration
        configuration.keepsHistoryOf = [ActorKind("book")]
        return configuration
    }

    @Test func `looks a history up once, however often the log grows`() throws {
        let disk = MemoryDisk()
        let index = CountingIndex()
        let core = try StoreCore(on: disk, index: index, Self.keepingBooks)
        let book = try ActorAddress(ActorKind("book"), "acct-1")
        let claim = try core.claim(book, for: StoreExample.owner, .ifFree)
        let entries = 600
        for number in 0..<entries {
            try core.stage(StoreExample.append([StoreExample.entry(number)], to: book, claim, at: number))
            try core.commit()
            #expect(try !core.compact())
        }
        #expect(disk.files.count > 20, "\(disk.files.count) files")
        // The oldest segment exactly; of the others every entry is history without a look.
        #expect(index.lookUps < entries / 4, "\(index.lookUps) look-ups for \(entries) entries")
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

    @Test(arguments: 0..<8)
    func `leaves a log that an index can be made from, whatever was written again when`(seed: UInt64) throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        var work = try RandomWork(on: core, seed: seed)
        var dropped = 0
        for _ in 0..<250 {
            try work.step()
            guard try core.compact() else { continue }
            dropped += 1
            #expect(StoreVerification.verify(MemoryDisk(disk.files)).faults == [])
            // Without the index: a new one is made from what is left of the log.
            let reopened = try StoreExample.open(MemoryDisk(disk.files))
            #expect(try work.faults(of: reopened) == [])
        }
        #expect(dropped > 3)
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
        let before = disk.used
        disk.limit(to: before + 2_000)
        let snapshot = Snapshot(head: Head(rawValue: UInt64(head)), bytes: [7])
        try await store.save(snapshot, of: address, claim.epoch)
        // The oldest segments may be gone by now: a limit at what is left would leave no room for ever.
        let left = disk.used
        disk.limit(to: max(left, before))
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
        #expect(refusals > 0 || left < before)
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

/// An index in memory that counts how often somebody looks where entries stand.
private final class CountingIndex: LogIndex {
    private let index = VolatileIndex()
    private let counted = Lock(0)

    var lookUps: Int { counted.withLock { $0 } }
    var applied: LogCursor? { index.applied }
    var failure: JournalError? { index.failure }
    var memoryInUse: Int { index.memoryInUse }

    func row(of address: ActorAddress) throws(JournalError) -> ActorRow? { try index.row(of: address) }

    func places(of address: ActorAddress, after head: Head, limit: Int) throws(JournalError) -> [EntryPlace] {
        counted.withLock { $0 += 1 }
        return try index.places(of: address, after: head, limit: limit)
    }

    func rows(after address: ActorAddress?, limit: Int) throws(JournalError) -> [(
        address: ActorAddress, row: ActorRow
    )] {
        try index.rows(after: address, limit: limit)
    }

    func rowsToWake(until wallTime: WallTime, after mark: WakeMark?, limit: Int) throws(JournalError) -> [(
        address: ActorAddress, row: ActorRow
    )] {
        try index.rowsToWake(until: wallTime, after: mark, limit: limit)
    }

    func apply(_ changes: IndexChanges) throws(JournalError) { try index.apply(changes) }
    func applyLarge(_ changes: IndexChanges) throws(JournalError) { try index.applyLarge(changes) }
    func checkRoom() throws(JournalError) { try index.checkRoom() }
    func removeAll() throws(JournalError) { try index.removeAll() }
    func close() { index.close() }
}

/// Actors that append, and save snapshots of places that lie behind their heads, at random.
private struct RandomWork {
    private struct Actor {
        let address: ActorAddress
        let claim: Claim
        var head = 0
        var snapshot = 0
    }

    private let core: StoreCore
    private var generator: SeededGenerator
    private var actors: [Actor] = []

    init(on core: StoreCore, seed: UInt64) throws {
        self.core = core
        generator = SeededGenerator(seed: seed)
        for number in 0..<6 {
            let address = try StoreExample.address("actor-\(number)")
            let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
            actors.append(Actor(address: address, claim: claim))
        }
    }

    /// One batch of one to three changes; the first actors are busy, the last ones idle.
    mutating func step() throws {
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let place = Int.random(in: 0..<Int.random(in: 1...actors.count, using: &generator), using: &generator)
            if Int.random(in: 0..<4, using: &generator) == 0 {
                try save(place)
            } else {
                try append(place)
            }
        }
        try core.commit()
    }

    private mutating func append(_ place: Int) throws {
        let actor = actors[place]
        let count = Int.random(in: 1...3, using: &generator)
        let entries = (actor.head..<actor.head + count).map { StoreExample.entry($0) }
        try core.stage(StoreExample.append(entries, to: actor.address, actor.claim, at: actor.head))
        actors[place].head += entries.count
    }

    private mutating func save(_ place: Int) throws {
        let actor = actors[place]
        guard actor.head > actor.snapshot else { return }
        // What a snapshot stands on has been committed.
        try core.commit()
        actors[place].snapshot = Int.random(in: actor.snapshot + 1...actor.head, using: &generator)
        let snapshot = Snapshot(head: Head(rawValue: UInt64(actors[place].snapshot)), bytes: [1])
        try core.stage(snapshot, of: actor.address, actor.claim.epoch)
    }

    /// What `store` has not as it was written.
    func faults(of store: StoreCore) throws -> [String] {
        var faults: [String] = []
        let found = try store.actors(after: nil)
        for actor in actors where actor.head > 0 {
            let summary = found.first { $0.address == actor.address }
            let heads = (summary?.head.rawValue ?? 0, summary?.snapshotHead.rawValue ?? 0)
            if heads != (UInt64(actor.head), UInt64(actor.snapshot)) { faults.append("\(actor.address): \(heads)") }
            var entries: [JournalEntry] = []
            while true {
                let after = Head(rawValue: UInt64(actor.snapshot + entries.count))
                let more = try store.entries(of: actor.address, after: after)
                if more.isEmpty { break }
                entries += more.map(\.entry)
            }
            if entries != (actor.snapshot..<actor.head).map({ StoreExample.entry($0) }) {
                faults.append("\(actor.address): the entries behind its snapshot")
            }
        }
        return faults
    }
}
