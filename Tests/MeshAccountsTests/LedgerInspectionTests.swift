import Glibc
import MeshAccounts
import MeshActors
import MeshCore
import MeshIO
import MeshLedger
import MeshStore
import MeshTestKit
import MeshUsageStore
import Testing

@Suite(.timeLimit(.minutes(2))) struct `An inspection of accounts` {
    private func used(_ calls: UInt64) async throws -> StoredAccounts {
        let accounts = try StoredAccounts()
        try await accounts.live { _, exporter in
            try await accounts.use("acme", 0..<calls)
            #expect(await exporter.round())
        }
        return accounts
    }

    @Test func `proves what was charged, and says so without a database too`() async throws {
        let accounts = try await used(40)
        let report = try #require(try accounts.inspect().first)
        #expect(report.faults == [] && report.stored == 40)
        // Forty times a tenth of a cent, and three hundredths more.
        #expect(report.totals.charged == 40 * 1_030_000)
        #expect(report.unflushed + report.totals.flushed == report.totals.charged)
        unlink(accounts.usagePath)
        let alone = try #require(try accounts.inspect().first)
        #expect(alone.faults == [] && alone.stored == nil)
    }

    @Test(arguments: [
        "UPDATE postings SET fee = fee + 1, metered = metered - 1 WHERE number = 7",
        "UPDATE postings SET model = 'another' WHERE number = 7",
        "DELETE FROM postings WHERE number = 7",
        "DELETE FROM postings WHERE number = 40",
        "INSERT INTO postings SELECT 'acme', 41, \(UsageRow.columns.dropFirst(2).joined(separator: ", ")) "
            + "FROM postings WHERE number = 40",
        "UPDATE cursors SET command = 'another'",
        "UPDATE cursors SET account = 'nobody'",
    ])
    func `finds a database that says something else than the journal`(change: String) async throws {
        let accounts = try await used(40)
        try accounts.tamper(change)
        #expect(try accounts.inspect().contains { !$0.faults.isEmpty })
    }

    @Test(arguments: ["empty", "another file", "blocked", "one page"])
    func `proves the journals where the database cannot be read`(harm: String) async throws {
        let accounts = try StoredAccounts()
        try await accounts.live { _, exporter in
            for account in ["acme", "beta", "gamma"] { try await accounts.use(account, 0..<100) }
            #expect(await exporter.round())
        }
        let whole = try accounts.inspect()
        #expect(whole.map(\.stored) == [100, 100, 100])
        switch harm {
        case "empty": truncate(accounts.usagePath, 0)
        case "another file":
            let file = open(accounts.usagePath, O_WRONLY)
            #expect(pwrite(file, [UInt8](repeating: 9, count: 128), 128, 0) == 128)
            close(file)
        case "blocked":
            // The memory that readers of a log share cannot be made, as on a disk that nobody may write.
            unlink("\(accounts.usagePath)-shm")
            #expect(symlink("nowhere/at-all", "\(accounts.usagePath)-shm") == 0)
        default:
            // A page of the last account alone: what stands before it is read, and agrees.
            let leaves = "SELECT pageno FROM dbstat WHERE name = 'postings' AND pagetype = 'leaf'"
            let connection = try SQLiteConnection(path: accounts.usagePath, .reading)
            let page = try connection.integer("\(leaves) ORDER BY path DESC LIMIT 1")
            let size = Int(try connection.integer("PRAGMA page_size"))
            let file = open(accounts.usagePath, O_WRONLY)
            #expect(pwrite(file, [UInt8](repeating: 9, count: size), size, Int(page - 1) * size) == size)
            close(file)
        }
        let found = try accounts.inspectWhole()
        #expect(found.usageFault?.code == (harm == "blocked" ? .unusable : .damaged))
        #expect(found.reports.map(\.stored) == (harm == "one page" ? [100, 100, nil] : [nil, nil, nil]))
        #expect(found.reports.map(\.faults) == [[], [], []])
        #expect(found.reports.map(\.postings) == [100, 100, 100])
        #expect(found.reports.map(\.totals) == whole.map(\.totals))
    }

    @Test func `finds a journal that has lost its beginning, as all do who read one`() async throws {
        let accounts = try StoredAccounts()
        var configuration = StoredAccounts.configuration
        try await accounts.live { _, _ in try await accounts.use("acme", 0..<600) }
        // The same store in the hands of a program that keeps no history.
        configuration.keepsHistoryOf = []
        let opened = try await LogStore.open(
            on: POSIXDisk(path: accounts.logPath),
            index: VolatileIndex(),
            configuration
        )
        var dropped = 0
        while try await opened.compact() { dropped += 1 }
        try await opened.close()
        #expect(dropped > 0)
        let report = try #require(try accounts.inspect().first)
        #expect(report.faults.count == 1 && report.faults[0].hasPrefix("journal.corrupt: "), "\(report.faults)")
        let disk = try POSIXDisk(path: accounts.logPath)
        defer { disk.close() }
        let store = try StoppedStore(disk, of: Ledger.kind)
        let corrupt = JournalError(.corrupt, "")
        let postings = LedgerPostings(in: store)
        #expect(throws: corrupt) { try postings.forEach(of: nil) { _ in } }
        #expect(throws: corrupt) { try postings.forEach(of: "acme") { _ in } }
        let statements = LedgerStatements(in: store, of: BillingPeriod(of: accounts.clock.wallTime))
        let reading = try statements.all()
        #expect(reading.statements.isEmpty && reading.unread.map(\.account) == ["acme"])
        #expect(reading.unread[0].reason.hasPrefix("journal.corrupt: "), "\(reading.unread)")
        #expect(throws: corrupt) { try statements.one(of: "acme") }
    }

    @Test func `prints every posting in order`() async throws {
        let accounts = try await used(10)
        let disk = try POSIXDisk(path: accounts.logPath)
        defer { disk.close() }
        var rows: [UsageRow] = []
        let postings = LedgerPostings(in: try StoppedStore(disk, of: Ledger.kind))
        try postings.forEach(of: nil) { rows.append($0) }
        #expect(rows.map(\.number) == (1...10).map { Int64($0) })
        let database = try UsageDatabase(path: accounts.usagePath, .reading)
        #expect(try database.rows(of: "acme", after: 0) == rows)
        rows = []
        try postings.forEach(of: "other") { rows.append($0) }
        #expect(rows == [])
    }
}
