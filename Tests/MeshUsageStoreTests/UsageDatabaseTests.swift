import Glibc
import MeshCore
import MeshLedger
import MeshTestKit
import MeshUsageStore
import Testing

@Suite struct `The database of usage` {
    private let start = UsageCursor(beforeAllOf: "acme")

    @Test func `gives every row back as it was`() throws {
        let ground = try UsageGround()
        let postings = try UsageGround.postings(20)
        let database = try UsageDatabase(path: ground.path, .writing)
        let addition = UsageGround.addition(postings, behind: start)
        try database.add([addition])
        #expect(try database.rows(of: "acme", after: 0) == postings.map { UsageRow($0, of: "acme") })
        let last = Int64(postings.count)
        #expect(try database.rows(of: "acme", after: last - 1).map(\.number) == [last])
        #expect(try database.cursor(of: "acme") == addition.to)
        #expect(try database.accounts() == ["acme"])
        for (row, posting) in zip(addition.rows, postings) {
            for book in Book.allCases { #expect(Int128(row[book]) == posting[book]) }
        }
    }

    @Test func `takes rows and cursor together or not at all`() throws {
        let ground = try UsageGround()
        let postings = try UsageGround.postings(4)
        let database = try UsageDatabase(path: ground.path, .writing)
        let first = UsageGround.addition(Array(postings[..<2]), behind: start)
        try database.add([first])
        // The second of two has a row that is there already: nothing of either happens.
        let second = UsageGround.addition([postings[2]], behind: first.to)
        let again = UsageGround.addition([postings[0]], behind: second.to)
        #expect(throws: UsageStoreError(.conflicting, "")) { try database.add([second, again]) }
        #expect(try database.cursor(of: "acme") == first.to)
        #expect(try database.rows(of: "acme", after: 0).count == 2)
        // Behind a cursor that stands elsewhere nothing is added.
        #expect(throws: UsageStoreError(.conflicting, "")) { try database.add([first]) }
        try database.add([second])
        #expect(try database.rows(of: "acme", after: 0).count == 3)
    }

    @Test func `forgets an account whole and nothing else`() throws {
        let ground = try UsageGround()
        let postings = try UsageGround.postings(2)
        let database = try UsageDatabase(path: ground.path, .writing)
        try database.add([
            UsageGround.addition(postings, behind: start),
            UsageGround.addition(postings, behind: UsageCursor(beforeAllOf: "other")),
        ])
        try database.forget("acme")
        #expect(try database.accounts() == ["other"])
        #expect(try database.cursor(of: "acme") == start)
        #expect(try database.rows(of: "other", after: 0).count == postings.count)
    }

    @Test func `reads at most Limits.UsageStore.maximumRowsRead rows at a time`() throws {
        let ground = try UsageGround()
        let one = try UsageGround.postings(0)[0]
        let database = try UsageDatabase(path: ground.path, .writing)
        let count = Limits.UsageStore.maximumRowsRead + 1
        let rows = (1...count).map { number in
            UsageRow(one, of: "acme").numbered(Int64(number))
        }
        let end = UsageCursor(account: "acme", head: 1, command: "c", number: UInt64(count))
        try database.add([UsageAddition(from: start, to: end, rows: rows)])
        let part = try database.rows(of: "acme", after: 0)
        #expect(part.count == Limits.UsageStore.maximumRowsRead)
        #expect(try database.rows(of: "acme", after: part.last?.number ?? 0).count == 1)
    }

    @Test func `refuses a file of a later version, and one that is something else`() throws {
        let ground = try UsageGround()
        _ = try UsageDatabase(path: ground.path, .writing)
        do {
            let connection = try SQLiteConnection(path: ground.path, .writing)
            try connection.run("PRAGMA user_version = 99")
        }
        #expect(throws: UsageStoreError(.newer, "")) { try UsageDatabase(path: ground.path, .writing) }
        #expect(throws: UsageStoreError(.newer, "")) { try UsageDatabase(path: ground.path, .reading) }
        unlink(ground.path)
        do {
            let connection = try SQLiteConnection(path: ground.path, .writing)
            try connection.run("CREATE TABLE other (x); PRAGMA application_id = 7")
        }
        #expect(throws: UsageStoreError(.damaged, "")) { try UsageDatabase(path: ground.path, .writing) }
    }

    @Test func `gives up after Limits.UsageStore.busyMilliseconds where another one holds it`() throws {
        let ground = try UsageGround()
        let database = try UsageDatabase(path: ground.path, .writing)
        let other = try SQLiteConnection(path: ground.path, .writing)
        try other.run("BEGIN IMMEDIATE")
        let clock = ContinuousClock()
        let waited = clock.measure {
            #expect(throws: UsageStoreError(.busy, "")) { try database.forget("acme") }
        }
        #expect(waited >= .milliseconds(Limits.UsageStore.busyMilliseconds / 2))
        try other.run("ROLLBACK")
        try database.forget("acme")
    }

    @Test func `runs nothing with a value that could not be put at its place`() throws {
        let ground = try UsageGround()
        let connection = try SQLiteConnection(path: ground.path, .writing)
        try connection.run("CREATE TABLE names (name TEXT)")
        let insertion = try connection.prepare("INSERT INTO names VALUES (?)")
        insertion.bind(1, "first")
        try insertion.run()
        for refuse in [
            { insertion.bind(2, "second") }, { insertion.bind(2, 7) }, { insertion.bind(2, nil as Int64?) },
            { insertion.bind(2, [7]) },
        ] {
            refuse()
            #expect(throws: UsageStoreError(.unusable, "")) { try insertion.run() }
        }
        #expect(try connection.integer("SELECT count(*) FROM names") == 1)
        // What was refused is forgotten, and so is what stood there before.
        try insertion.run()
        #expect(try connection.integer("SELECT count(*) FROM names WHERE name IS NULL") == 1)
        insertion.bind(1, "third")
        try insertion.run()
        #expect(try connection.integer("SELECT count(*) FROM names WHERE name = 'third'") == 1)
    }

    @Test func `keeps a log beside the file, and says where none can be kept`() throws {
        let ground = try UsageGround()
        _ = try UsageDatabase(path: ground.path, .writing)
        let connection = try SQLiteConnection(path: ground.path, .reading)
        let statement = try connection.prepare("PRAGMA journal_mode")
        #expect(try statement.step() && statement.text(0) == "wal")
        // A database in memory stays as it is, and the library says so without an error.
        let memory = try SQLiteConnection(path: ":memory:", .reading)
        #expect(throws: UsageStoreError(.unusable, "")) { try memory.writeAhead() }
    }

    @Test func `is its owner's alone`() throws {
        let ground = try UsageGround()
        _ = try UsageDatabase(path: ground.path, .writing)
        var status = stat()
        #expect(stat(ground.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }
}
