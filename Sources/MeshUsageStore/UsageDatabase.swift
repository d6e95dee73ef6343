internal import MeshCore

/// The database of usage, opened, for one thread at a time; ``UsageStore`` gives it one.
package final class UsageDatabase {
    private let connection: SQLiteConnection
    private let insertion: SQLiteStatement
    private let cursorQuery: SQLiteStatement
    private let cursorChange: SQLiteStatement
    private let rowQuery: SQLiteStatement

    /// Opens the database at `path`; for writing it is made where it is missing, and brought to the present version.
    package init(path: String, _ access: SQLiteConnection.Access) throws(UsageStoreError) {
        connection = try SQLiteConnection(path: path, access)
        switch access {
        case .writing: try Self.prepare(connection)
        case .reading: try Self.checkVersion(connection, isExact: true)
        }
        let names = UsageRow.columns.joined(separator: ", ")
        let places = UsageRow.columns.map { _ in "?" }.joined(separator: ", ")
        insertion = try connection.prepare("INSERT INTO postings (\(names)) VALUES (\(places))")
        cursorQuery = try connection.prepare("SELECT head, command, number FROM cursors WHERE account = ?")
        cursorChange = try connection.prepare("INSERT OR REPLACE INTO cursors VALUES (?, ?, ?, ?)")
        rowQuery = try connection.prepare(
            "SELECT \(names) FROM postings WHERE account = ? AND number > ? ORDER BY number LIMIT ?"
        )
    }

    private static func prepare(_ connection: SQLiteConnection) throws(UsageStoreError) {
        try connection.writeAhead()
        try connection.run("PRAGMA synchronous = FULL")
        // A log that a slow reader has let grow is cut again.
        try connection.run("PRAGMA journal_size_limit = 67108864")
        try checkVersion(connection, isExact: false)
        let version = try connection.integer("PRAGMA user_version")
        guard version < UsageSchema.version else { return }
        try connection.transaction { () throws(UsageStoreError) in
            for step in UsageSchema.migrations[Int(version)...] { try connection.run(step) }
            try connection.run("PRAGMA application_id = \(UsageSchema.applicationID)")
            try connection.run("PRAGMA user_version = \(UsageSchema.version)")
        }
    }

    private static func checkVersion(_ connection: SQLiteConnection, isExact: Bool) throws(UsageStoreError) {
        let version = try connection.integer("PRAGMA user_version")
        let application = try connection.integer("PRAGMA application_id")
        let isOurs = application == UsageSchema.applicationID
        guard isOurs || (!isExact && version == 0 && application == 0) else {
            throw UsageStoreError(.damaged, "the file is no database of usage")
        }
        guard version >= 0, version <= UsageSchema.version else {
            let known = UsageSchema.version
            throw UsageStoreError(.newer, "the database has version \(version); this program knows \(known)")
        }
        guard !isExact || version == UsageSchema.version else {
            throw UsageStoreError(.unusable, "the database has version \(version), which a hub brings up to date")
        }
    }

    /// Up to where the journal of `account` is contained.
    package func cursor(of account: String) throws(UsageStoreError) -> UsageCursor {
        cursorQuery.bind(1, account)
        defer { cursorQuery.reset() }
        guard try cursorQuery.step() else { return UsageCursor(beforeAllOf: account) }
        return UsageCursor(
            account: account,
            head: UInt64(clamping: cursorQuery.integer(0)),
            command: cursorQuery.text(1) ?? "",
            number: UInt64(clamping: cursorQuery.integer(2))
        )
    }

    /// The accounts of which something is contained, in their order.
    package func accounts() throws(UsageStoreError) -> [String] {
        let query = try connection.prepare("SELECT account FROM cursors UNION SELECT DISTINCT account FROM postings")
        var accounts: [String] = []
        while try query.step() { accounts.append(query.text(0) ?? "") }
        return accounts
    }

    /// Takes all of `additions` in, and moves their cursors, in one transaction: all of it is safe then, or nothing.
    package func add(_ additions: [UsageAddition]) throws(UsageStoreError) {
        try connection.transaction { () throws(UsageStoreError) in
            for addition in additions { try add(addition) }
        }
    }

    private func add(_ addition: UsageAddition) throws(UsageStoreError) {
        guard try cursor(of: addition.from.account) == addition.from else {
            throw UsageStoreError(.conflicting, "the cursor of an account stands elsewhere")
        }
        for row in addition.rows {
            insertion.bind(1, row.account)
            insertion.bind(2, row.number)
            var place: Int32 = 3
            for text in row.texts {
                insertion.bind(place, text)
                place += 1
            }
            for number in row.numbers {
                insertion.bind(place, number)
                place += 1
            }
            try insertion.run()
        }
        cursorChange.bind(1, addition.to.account)
        cursorChange.bind(2, Int64(clamping: addition.to.head))
        cursorChange.bind(3, addition.to.command)
        cursorChange.bind(4, Int64(clamping: addition.to.number))
        try cursorChange.run()
    }

    /// Forgets `account`, of which another journal tells than the one that was read.
    package func forget(_ account: String) throws(UsageStoreError) {
        try connection.transaction { () throws(UsageStoreError) in
            for table in ["postings", "cursors"] {
                let deletion = try connection.prepare("DELETE FROM \(table) WHERE account = ?")
                deletion.bind(1, account)
                try deletion.run()
            }
        }
    }

    /// The rows of `account` behind `number`, in order, as many as one read returns.
    package func rows(of account: String, after number: Int64) throws(UsageStoreError) -> [UsageRow] {
        rowQuery.bind(1, account)
        rowQuery.bind(2, number)
        rowQuery.bind(3, Int64(Limits.UsageStore.maximumRowsRead))
        defer { rowQuery.reset() }
        var rows: [UsageRow] = []
        while try rowQuery.step() {
            let texts = (0..<UsageRow.textColumns.count).map { rowQuery.text(Int32(2 + $0)) }
            let first = 2 + UsageRow.textColumns.count
            let numbers = (0..<UsageRow.numberColumns.count).map { rowQuery.optionalInteger(Int32(first + $0)) }
            rows.append(UsageRow(account: account, number: rowQuery.integer(1), texts: texts, numbers: numbers))
        }
        return rows
    }
}
