internal import CMeshSQLite
internal import Glibc
internal import MeshCore

/// A connection to a database file, for one thread at a time; the file is its owner's alone.
package final class SQLiteConnection {
    /// What may be done with the file.
    package enum Access: Hashable, Sendable {
        /// It is only looked at.
        case reading
        /// It is changed, and made where it is missing.
        case writing
    }

    fileprivate let handle: OpaquePointer

    /// Opens the file at `path`; of which bytes it is made is seen when it is first read.
    package init(path: String, _ access: Access) throws(UsageStoreError) {
        if access == .writing {
            // Made here, because what the library makes others may read; the files beside it take after this one.
            let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard file >= 0 else {
                let reason = String(cString: strerror(errno))
                throw UsageStoreError(.unusable, "'\(path)' cannot be opened: \(reason)")
            }
            close(file)
        }
        var opened: OpaquePointer?
        let flags = access == .writing ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY
        let status = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard let opened, status == SQLITE_OK else {
            let error = UsageStoreError(status, opened, "opening '\(path)'")
            sqlite3_close_v2(opened)
            throw error
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, Limits.UsageStore.busyMilliseconds)
    }

    deinit { sqlite3_close_v2(handle) }

    /// Carries out statements that return nothing of interest.
    package func run(_ sql: String) throws(UsageStoreError) {
        let status = sqlite3_exec(handle, sql, nil, nil, nil)
        guard status == SQLITE_OK else { throw UsageStoreError(status, handle, "the database") }
    }

    /// Has changes written into a log beside the file first, so that nobody who reads is kept waiting.
    ///
    /// The library says no by naming the mode that it stays in, as where the file system shares no memory.
    package func writeAhead() throws(UsageStoreError) {
        let statement = try prepare("PRAGMA journal_mode = WAL")
        let mode = try statement.step() ? statement.text(0) : nil
        guard mode == "wal" else {
            throw UsageStoreError(.unusable, "no log can be kept beside the database: its mode is '\(mode ?? "")'")
        }
    }

    /// The statement that `sql` spells, to be run as often as one likes.
    package func prepare(_ sql: String) throws(UsageStoreError) -> SQLiteStatement {
        var prepared: OpaquePointer?
        let status = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard let prepared, status == SQLITE_OK else { throw UsageStoreError(status, handle, "preparing a statement") }
        return SQLiteStatement(prepared, of: self)
    }

    /// The one number that `sql` asks for.
    package func integer(_ sql: String) throws(UsageStoreError) -> Int64 {
        let statement = try prepare(sql)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : 0
    }

    /// Lets `body` change the database; all of it is safe when this returns, or nothing of it has happened.
    package func transaction(_ body: () throws(UsageStoreError) -> Void) throws(UsageStoreError) {
        try run("BEGIN IMMEDIATE")
        do throws(UsageStoreError) {
            try body()
            try run("COMMIT")
        } catch {
            // Some failures have rolled back by themselves: then this one says so, and nothing is wrong with that.
            try? run("ROLLBACK")
            throw error
        }
    }
}

/// A statement of a connection, which it keeps open.
///
/// A value that cannot be put at its place is the error of the next step: nothing is ever run without it, or with the
/// value that stood there before.
package final class SQLiteStatement {
    private let handle: OpaquePointer
    private let connection: SQLiteConnection
    /// Why a value is not at its place.
    private var refusal: UsageStoreError?

    fileprivate init(_ handle: OpaquePointer, of connection: SQLiteConnection) {
        self.handle = handle
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    /// Puts a number at the place `place`, counted from 1.
    package func bind(_ place: Int32, _ value: Int64?) {
        guard let value else { return null(place) }
        note(sqlite3_bind_int64(handle, place, value), place)
    }

    /// Puts a text there; it is copied.
    package func bind(_ place: Int32, _ value: String?) {
        guard var value else { return null(place) }
        let status = value.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) {
                cmesh_sqlite_bind_text(handle, place, $0.baseAddress, $0.count)
            }
        }
        note(status, place)
    }

    /// Puts bytes there; they are copied.
    package func bind(_ place: Int32, _ value: [UInt8]) {
        note(value.withUnsafeBytes { cmesh_sqlite_bind_blob(handle, place, $0.baseAddress, $0.count) }, place)
    }

    private func null(_ place: Int32) { note(sqlite3_bind_null(handle, place), place) }

    private func note(_ status: Int32, _ place: Int32) {
        guard status != SQLITE_OK, refusal == nil else { return }
        refusal = UsageStoreError(status, connection.handle, "the value at place \(place)")
    }

    /// Goes to the next row, and says whether there is one.
    package func step() throws(UsageStoreError) -> Bool {
        if let refusal { throw refusal }
        let status = sqlite3_step(handle)
        switch status {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw UsageStoreError(status, connection.handle, "the database")
        }
    }

    /// Runs it once, for what it does; it is ready for the next time then.
    package func run() throws(UsageStoreError) {
        defer { reset() }
        while try step() {}
    }

    /// Makes it ready for the next time; nothing is at any place.
    package func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
        refusal = nil
    }

    /// The number in the column `column`, counted from 0, of the present row; nothing for what is none.
    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// The same; nil where there is nothing.
    package func optionalInteger(_ column: Int32) -> Int64? {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : integer(column)
    }

    /// The text in it; nil where there is nothing.
    package func text(_ column: Int32) -> String? {
        guard let text = sqlite3_column_text(handle, column) else { return nil }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }
}

extension UsageStoreError {
    /// What `status` of the library says about `subject`.
    fileprivate init(_ status: Int32, _ handle: OpaquePointer?, _ subject: String) {
        let code: UsageStoreErrorCode =
            switch status & 0xFF {
            case SQLITE_FULL: .full
            case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged
            case SQLITE_BUSY, SQLITE_LOCKED: .busy
            case SQLITE_CONSTRAINT: .conflicting
            default: .unusable
            }
        let reason = handle.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? "no memory"
        self.init(code, "\(subject): \(reason) (\(status))")
    }
}
