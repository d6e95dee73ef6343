internal import MeshActors
internal import MeshCore
internal import MeshLedger
internal import MeshUsageStore

/// Holds the rows of one account in the database of usage against its journal, row by row.
struct UsageComparison {
    /// Rows that are the journal's.
    private(set) var matching = UInt64(0)

    private let account: String
    private let database: UsageDatabase
    private let cursor: UsageCursor
    private var rows: ArraySlice<UsageRow> = []
    private var last = Int64(0)
    private var hasMetCursor = false
    private var differing: Int64?

    init(of account: String, with database: UsageDatabase) throws(UsageStoreError) {
        self.account = account
        self.database = database
        cursor = try database.cursor(of: account)
    }

    /// Takes the next posting of the journal, which stands in `placed`.
    mutating func take(_ posting: Posting, in placed: PlacedEntry) throws(UsageStoreError) {
        guard placed.head.rawValue <= cursor.head else { return }
        let row = UsageRow(posting, of: account)
        if try next() == row {
            matching += 1
        } else {
            differing = differing ?? row.number
        }
    }

    /// Notes that all postings of `placed` have been taken.
    mutating func pass(_ placed: PlacedEntry) {
        guard placed.head.rawValue == cursor.head else { return }
        hasMetCursor = placed.entry.command.description == cursor.command
    }

    /// What does not hold, once the journal has ended.
    mutating func verdict() throws(UsageStoreError) -> [String] {
        var faults: [String] = []
        if let differing { faults.append("the database of usage has another posting \(differing) than the journal") }
        if cursor.head > 0, !hasMetCursor {
            faults.append("the database of usage stands at entry \(cursor.head) of another journal")
        }
        if let row = try next() { faults.append("the database of usage has a posting \(row.number) beyond its cursor") }
        return faults
    }

    private mutating func next() throws(UsageStoreError) -> UsageRow? {
        if rows.isEmpty { rows = try database.rows(of: account, after: last)[...] }
        guard let row = rows.popFirst() else { return nil }
        last = row.number
        return row
    }
}
