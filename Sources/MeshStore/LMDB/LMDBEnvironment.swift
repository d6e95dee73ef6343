internal import CMeshLMDB
internal import Glibc
internal import MeshActors
internal import MeshCore

/// An LMDB file and the gate before its map.
///
/// Transactions live only inside the closures of ``read(_:)`` and ``write(_:)``, hold the environment strongly, and are
/// counted by the gate: the map grows only while there is none.
final class LMDBEnvironment: @unchecked Sendable {
    // Sendable: the handle may be used from any thread (MDB_NOTLS); `mapBytes` changes only behind the closed gate.
    fileprivate let handle: OpaquePointer
    private let gate: UnsafeMutablePointer<pthread_rwlock_t>
    private var mapBytes: Int

    let isReadOnly: Bool

    init(path: String, mapBytes: Int, tables: Int, isReadOnly: Bool) throws(LMDBFailure) {
        self.isReadOnly = isReadOnly
        var created: OpaquePointer?
        try LMDBFailure.check(mdb_env_create(&created), "creating an environment")
        guard let created else { throw LMDBFailure(status: ENOMEM, doing: "creating an environment") }
        var deadReaders: Int32 = 0
        do {
            try LMDBFailure.check(mdb_env_set_mapsize(created, mapBytes), "sizing the map")
            try LMDBFailure.check(mdb_env_set_maxdbs(created, UInt32(tables)), "making room for tables")
            let flags = cmesh_lmdb_flags | (isReadOnly ? UInt32(MDB_RDONLY) : 0)
            try LMDBFailure.check(mdb_env_open(created, path, flags, 0o600), "opening '\(path)'")
            try LMDBFailure.check(mdb_reader_check(created, &deadReaders), "forgetting dead readers")
        } catch {
            mdb_env_close(created)
            throw error
        }
        handle = created
        self.mapBytes = mapBytes
        gate = .allocate(capacity: 1)
        pthread_rwlock_init(gate, nil)
    }

    deinit {
        mdb_env_close(handle)
        pthread_rwlock_destroy(gate)
        gate.deallocate()
    }

    /// Runs `body` with a transaction that sees one state and changes nothing.
    func read<Result>(_ body: (borrowing LMDBTransaction) throws(LMDBFailure) -> Result) throws(LMDBFailure) -> Result {
        pthread_rwlock_rdlock(gate)
        defer { pthread_rwlock_unlock(gate) }
        let transaction = try LMDBTransaction(self, isReadOnly: true)
        return try body(transaction)
    }

    /// Runs `body` with a transaction and commits it, durably; all of it again with a larger map where that is full.
    func write(_ body: (borrowing LMDBTransaction) throws(LMDBFailure) -> Void) throws(LMDBFailure) {
        while true {
            do throws(LMDBFailure) {
                pthread_rwlock_rdlock(gate)
                defer { pthread_rwlock_unlock(gate) }
                let transaction = try LMDBTransaction(self, isReadOnly: false)
                try body(transaction)
                return try transaction.commit()
            } catch {
                guard error.status == MDB_MAP_FULL else { throw error }
                try grow()
            }
        }
    }

    /// Runs `body` with a transaction in which tables may be opened.
    func openTables(_ body: (borrowing LMDBTransaction) throws(LMDBFailure) -> Void) throws(LMDBFailure) {
        guard isReadOnly else { return try write(body) }
        // Committed, because LMDB forgets the tables of a transaction that is not.
        let transaction = try LMDBTransaction(self, isReadOnly: true)
        try body(transaction)
        try transaction.commit()
    }

    /// Makes the last transaction safe too; a failure costs that transaction, which the log plays again.
    func sync() { mdb_env_sync(handle, 1) }

    /// Writes what is in use to a new file at `path`, packed, without the pages that are free.
    func copy(to path: String) throws(LMDBFailure) {
        try LMDBFailure.check(mdb_env_copy2(handle, path, UInt32(MDB_CP_COMPACT)), "copying")
    }

    private func grow() throws(LMDBFailure) {
        pthread_rwlock_wrlock(gate)
        defer { pthread_rwlock_unlock(gate) }
        try LMDBFailure.check(mdb_env_set_mapsize(handle, mapBytes * 2), "growing the map")
        mapBytes *= 2
    }
}

/// What LMDB said instead of doing something.
struct LMDBFailure: Error {
    let status: Int32
    let doing: String

    static func check(_ status: Int32, _ doing: @autoclosure () -> String) throws(LMDBFailure) {
        guard status == 0 else { throw LMDBFailure(status: status, doing: doing()) }
    }

    /// As the store's callers see it.
    var journalError: JournalError {
        let reason = "the index: \(doing): \(String(cString: mdb_strerror(status)))"
        switch status {
        case ENOSPC, EDQUOT, MDB_MAP_FULL: return JournalError(.readOnly, reason)
        default: return JournalError(.corrupt, reason)
        }
    }

    /// A value that does not check.
    static func damaged(_ what: String) -> LMDBFailure { LMDBFailure(status: MDB_CORRUPTED, doing: what) }
}

/// One transaction: aborted at the end of its scope unless it has been committed.
struct LMDBTransaction: ~Copyable {
    private let transaction: OpaquePointer
    /// Retained by hand, because only what is trivially destroyed can be discarded.
    private let environment: Unmanaged<LMDBEnvironment>

    fileprivate init(_ environment: LMDBEnvironment, isReadOnly: Bool) throws(LMDBFailure) {
        var begun: OpaquePointer?
        let flags = isReadOnly ? UInt32(MDB_RDONLY) : 0
        try LMDBFailure.check(mdb_txn_begin(environment.handle, nil, flags, &begun), "beginning a transaction")
        guard let begun else { throw LMDBFailure(status: ENOMEM, doing: "beginning a transaction") }
        transaction = begun
        self.environment = .passRetained(environment)
    }

    deinit {
        mdb_txn_abort(transaction)
        environment.release()
    }

    fileprivate consuming func commit() throws(LMDBFailure) {
        let transaction = self.transaction
        let environment = self.environment
        discard self
        defer { environment.release() }
        try LMDBFailure.check(mdb_txn_commit(transaction), "committing")
    }

    /// The table `name`, made where it is missing and may be.
    borrowing func table(_ name: String) throws(LMDBFailure) -> MDB_dbi {
        var table: MDB_dbi = 0
        let flags = environment._withUnsafeGuaranteedRef { $0.isReadOnly } ? 0 : UInt32(MDB_CREATE)
        try LMDBFailure.check(mdb_dbi_open(transaction, name, flags, &table), "opening table '\(name)'")
        return table
    }

    /// A copy of the value at `key`; nil where there is none.
    borrowing func value(_ key: [UInt8], in table: MDB_dbi) throws(LMDBFailure) -> [UInt8]? {
        var value: UnsafeRawPointer?
        var count = 0
        let status = cmesh_lmdb_get(transaction, table, key, key.count, &value, &count)
        if status == MDB_NOTFOUND { return nil }
        try LMDBFailure.check(status, "reading")
        return Array(UnsafeRawBufferPointer(start: value, count: count))
    }

    /// Stores `value` at `key`, in place of what may be there.
    borrowing func put(_ value: [UInt8], at key: [UInt8], in table: MDB_dbi) throws(LMDBFailure) {
        try LMDBFailure.check(cmesh_lmdb_put(transaction, table, key, key.count, value, value.count), "writing")
    }

    /// Stores `block` of actor `number` without allocating, and returns the checksum it ends with.
    borrowing func put(_ block: PlaceBlock, of number: UInt64, in table: MDB_dbi) throws(LMDBFailure) -> UInt32 {
        let (status, checksum) = block.store(of: number) { key, value in
            cmesh_lmdb_put(transaction, table, key.baseAddress, key.count, value.baseAddress, value.count)
        }
        try LMDBFailure.check(status, "writing")
        return checksum
    }

    /// Deletes what may be at `key`.
    borrowing func remove(_ key: [UInt8], in table: MDB_dbi) throws(LMDBFailure) {
        let status = cmesh_lmdb_delete(transaction, table, key, key.count)
        if status != MDB_NOTFOUND { try LMDBFailure.check(status, "deleting") }
    }

    /// Deletes everything in `table`.
    borrowing func removeAll(in table: MDB_dbi) throws(LMDBFailure) {
        try LMDBFailure.check(mdb_drop(transaction, table, 0), "emptying a table")
    }

    /// Hands the items at and behind `key` to `body`, in the order of their keys, until it returns false.
    borrowing func scan(
        from key: [UInt8],
        in table: MDB_dbi,
        _ body: ([UInt8], [UInt8]) throws(LMDBFailure) -> Bool
    ) throws(LMDBFailure) {
        var opened: OpaquePointer?
        try LMDBFailure.check(mdb_cursor_open(transaction, table, &opened), "opening a cursor")
        guard let cursor = opened else { return }
        defer { mdb_cursor_close(cursor) }
        var (foundKey, foundValue) = (MDB_val(), MDB_val())
        var status = key.withUnsafeBytes { bytes in
            foundKey = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            return cmesh_lmdb_move(cursor, key.isEmpty ? MDB_FIRST : MDB_SET_RANGE, &foundKey, &foundValue)
        }
        while status == 0 {
            let key = Array(UnsafeRawBufferPointer(start: foundKey.mv_data, count: foundKey.mv_size))
            let value = Array(UnsafeRawBufferPointer(start: foundValue.mv_data, count: foundValue.mv_size))
            guard try body(key, value) else { return }
            status = cmesh_lmdb_move(cursor, MDB_NEXT, &foundKey, &foundValue)
        }
        if status != MDB_NOTFOUND { try LMDBFailure.check(status, "moving a cursor") }
    }
}
