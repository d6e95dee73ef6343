import MeshActors
import MeshCore
import MeshStore
import Testing

@Suite struct `The file of an index` {
    private let folder: TemporaryFolder
    private let file: IndexFile
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = "\(folder.path)/index.mdb"
        file = IndexFile(path: path)
    }

    private func changes(_ heads: ClosedRange<UInt64>, at offset: UInt64 = 0) throws -> IndexChanges {
        var changes = IndexChanges()
        var row = ActorRow()
        row.head = Head(rawValue: heads.upperBound)
        changes.rows = [(try StoreExample.address("a"), row)]
        changes.entries = try heads.map { head in
            let position = LogPosition(rawValue: offset + head * 10)
            return (try StoreExample.address("a"), EntryPlace(head: Head(rawValue: head), position: position))
        }
        changes.cursor = LogCursor(position: LogPosition(rawValue: offset + heads.upperBound * 10), hash: .zero)
        return changes
    }

    @Test func `blocks of places take entries in any order, move them and lose them, and still add up`() throws {
        let (index, plain) = (try LMDBIndex(path: path), VolatileIndex())
        let address = try StoreExample.address("a")
        var trim = try changes(200...200)
        trim.trims = [(address, Head(rawValue: 69))]
        for change in try [changes(1...40), changes(41...200), changes(60...70, at: 5_000), trim] {
            try index.apply(change)
            try plain.apply(change)
            try index.check()
            for (after, limit) in [(0, 1_000), (31, 1), (32, 33), (68, 5), (199, 10), (200, 10)] {
                let head = Head(rawValue: UInt64(after))
                let expected = try plain.places(of: address, after: head, limit: limit)
                #expect(try index.places(of: address, after: head, limit: limit) == expected)
            }
        }
        #expect(try index.places(of: address, after: .none, limit: 1).first?.head == Head(rawValue: 70))
    }

    @Test func `is sealed once closed, and no more once anything is written`() throws {
        var index = try LMDBIndex(path: path)
        try index.apply(changes(1...3))
        #expect(!file.isSealed)
        index.close()
        #expect(file.isSealed)
        index = try LMDBIndex(path: path)
        #expect(file.isSealed)
        try index.apply(changes(4...5))
        #expect(!file.isSealed)
        try file.makeCheckedCopy()
        try file.adoptCheckedCopy()
        #expect(try LMDBIndex(path: path).places(of: StoreExample.address("a"), after: .none, limit: 9).count == 5)
        #expect(!file.isSealed)
        try file.remove()
        #expect(!file.exists)
    }

    @Test func `that is none is made again`() throws {
        let disk = try POSIXDisk(path: folder.path)
        let junk = try disk.open("index.mdb", creating: true)
        try [UInt8](repeating: 7, count: 20_000).withUnsafeBytes { try junk.write($0, at: 0) }
        #expect(throws: JournalError(.corrupt, "")) { try LMDBIndex(path: path) }
        #expect(try file.openOrMakeAgain().applied == nil)
    }

    @Test func `that the machine cannot open is left as it is`() throws {
        // A folder stands for whatever keeps a good file from being opened.
        let unopenable = IndexFile(path: folder.path)
        #expect(throws: JournalError(.unknownOutcome, "")) { try unopenable.openOrMakeAgain() }
        #expect(unopenable.exists)
    }

    @Test func `gets more time for its check the larger it is`() throws {
        #expect(file.checkSeconds == Limits.Store.indexCheckSeconds)
        let sparse = try POSIXDisk(path: folder.path).open("index.mdb", creating: true)
        try [UInt8(0)].withUnsafeBytes { try sparse.write($0, at: Limits.Store.indexCheckBytesPerSecond * 3) }
        #expect(file.checkSeconds == Limits.Store.indexCheckSeconds + 3)
    }
}
