internal import CMeshLMDB
internal import Glibc
internal import MeshActors
internal import MeshCore

/// An LMDB file and the gate before its map.
///
/// Transactions live only inside the closures of ``read(_:)`` and ``write(_:)``, hold the environment strongly, and are
/// counted by the gate: the map grows, and the library's memory is given back, only while there is none.
final class LMDBEnvironment: @unchecked Sendable {
    // Sendable: the handle may be used from any thread (MDB_NOTLS); what is `var` changes only behind the closed gate.
    private var handle: OpaquePointer?
    private let gate: UnsafeMutablePointer<pthread_rwlock_t>
    private var mapBytes: Int
    private var map: UnsafeMutableRawPointer?
    private var tableNames: [String] = []
    private let accesses = Lock((count: 0, isBulk: false))
    private let path: String
    private let tables: Int

    /// Whether it is only looked at: then nothing is written, not even who reads, for the store has no other user.
    let isReadOnly: Bool

    init(path: String, mapBytes: Int, tables: Int, isReadOnly: Bool) throws(LMDBFailure) {
        self.path = path
        self.tables = tables
        self.mapBytes = mapBytes
        self.isReadOnly = isReadOnly
        gate = .allocate(capacity: 1)
        // One after the other the readers would never let the map grow. No read begins within another.
        var attributes = pthread_rwlockattr_t()
        pthread_rwlockattr_init(&attributes)
        pthread_rwlockattr_setkind_np(&attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
        pthread_rwlock_init(gate, &attributes)
        pthread_rwlockattr_destroy(&attributes)
        try open()
    }

    deinit {
        if let handle { mdb_env_close(handle) }
        pthread_rwlock_destroy(gate)
        gate.deallocate()
    }

    private func open() throws(LMDBFailure) {
        var created: OpaquePointer?
        try LMDBFailure.check(mdb_env_create(&created), "creating an environment")
        guard let created else { throw LMDBFailure(status: ENOMEM, doing: "creating an environment") }
        var deadReaders: Int32 = 0
        do {
            try LMDBFailure.check(mdb_env_set_mapsize(created, mapBytes), "sizing the map")
            try LMDBFailure.check(mdb_env_set_maxdbs(created, UInt32(tables)), "making room for tables")
            let isBulk = accesses.withLock { $0.isBulk }
            let flags =
                cmesh_lmdb_flags | (isReadOnly ? UInt32(MDB_RDONLY | MDB_NOLOCK) : 0)
                | (isBulk ? UInt32(MDB_NOSYNC) : 0)
            try LMDBFailure.check(mdb_env_open(created, path, flags, 0o600), "opening '\(path)'")
            try LMDBFailure.check(mdb_reader_check(created, &deadReaders), "forgetting dead readers")
        } catch {
            mdb_env_close(created)
            throw error
        }
        handle = created
        noteMap()
    }

    private func noteMap() {
        var information = MDB_envinfo()
        guard let handle, mdb_env_info(handle, &information) == 0 else { return }
        mapBytes = information.me_mapsize
        map = cmesh_lmdb_map(handle)
        // Else one read may map two megabytes of the file. Refused where there are no large pages.
        guard let map else { return }
        madvise(map, mapBytes, MADV_NOHUGEPAGE)
        // Actors are asked for in no order: reading ahead of one that is not in memory would map megabytes of others.
        // A check walks from the first value to the last.
        if !isReadOnly { madvise(map, mapBytes, Int32(MADV_RANDOM)) }
    }

    fileprivate func opened() throws(LMDBFailure) -> OpaquePointer {
        guard let handle else { throw LMDBFailure(status: ENOMEM, doing: "opening '\(path)' again") }
        return handle
    }

    // MARK: Memory

    /// Notes that a transaction has touched the map, and lets go of its pages where many may have gathered.
    ///
    /// They count as this process's memory although they are the file's; a page that is wanted again is mapped again.
    fileprivate func noteAccess(isWriting: Bool) {
        let isDue = accesses.withLock { accesses in
            // One in order of keys, as writers do, shares its pages with its neighbours.
            accesses.count += isWriting ? 1 : 4
            guard accesses.count >= (accesses.isBulk ? Self.bulkBetweenReleases : Self.accessesBetweenReleases) else {
                return false
            }
            accesses.count = 0
            return true
        }
        // The map stays where it is while there is a transaction, and the bytes in it stay the same.
        if isDue, let map { madvise(map, mapBytes, Int32(MADV_DONTNEED)) }
    }

    /// Whether the index is being made again: then speed counts, not memory, and nothing is synced before the end.
    ///
    /// What a power cut leaves of it has no seal, so that it is checked before it is used, and made once more. The sync
    /// of the first transaction that is not part of this is one of everything before it.
    func setBulk(_ isBulk: Bool) {
        let hasChanged = accesses.withLock { accesses in
            defer { accesses.isBulk = isBulk }
            return accesses.isBulk != isBulk
        }
        if hasChanged, let handle { mdb_env_set_flags(handle, UInt32(MDB_NOSYNC), isBulk ? 1 : 0) }
    }

    /// Gives back what the library has kept of the pages of its largest transaction, by opening the file anew.
    func renew() {
        pthread_rwlock_wrlock(gate)
        defer { pthread_rwlock_unlock(gate) }
        guard let old = handle else { return }
        // What is not safe yet the log plays again after a power cut, as ever.
        mdb_env_close(old)
        (handle, map) = (nil, nil)
        try? openWithTables()
        FreedMemory.giveBack()
    }

    /// Tries once more what ``renew()`` could not do, as where the process had no descriptor left.
    private func openIfLost() throws(LMDBFailure) {
        pthread_rwlock_rdlock(gate)
        let isLost = handle == nil
        pthread_rwlock_unlock(gate)
        guard isLost else { return }
        pthread_rwlock_wrlock(gate)
        defer { pthread_rwlock_unlock(gate) }
        if handle == nil { try openWithTables() }
    }

    private func openWithTables() throws(LMDBFailure) {
        try open()
        do throws(LMDBFailure) {
            try openAgain()
        } catch {
            if let handle { mdb_env_close(handle) }
            handle = nil
            throw error
        }
    }

    /// The tables get the same numbers, being opened in the same order.
    private func openAgain() throws(LMDBFailure) {
        let transaction = try LMDBTransaction(self, isReadOnly: true)
        for name in tableNames { _ = try transaction.table(name) }
        try transaction.commit()
    }

    fileprivate func noteTable(_ name: String) {
        if !tableNames.contains(name) { tableNames.append(name) }
    }

    // MARK: Transactions

    /// Runs `body` with a transaction that sees one state and changes nothing.
    func read<Result>(_ body: (borrowing LMDBTransaction) throws(LMDBFailure) -> Result) throws(LMDBFailure) -> Result {
        pthread_rwlock_rdlock(gate)
        defer { pthread_rwlock_unlock(gate) }
        let transaction = try LMDBTransaction(self, isReadOnly: true)
        return try body(transaction)
    }

    /// Runs `body` with a transaction and commits it, durably; all of it again with a larger map where that is full.
    func write(_ body: (borrowing LMDBTransaction) throws(LMDBFailure) -> Void) throws(LMDBFailure) {
        try openIfLost()
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
    func sync() {
        pthread_rwlock_rdlock(gate)
        defer { pthread_rwlock_unlock(gate) }
        if let handle { mdb_env_sync(handle, 1) }
    }

    /// Writes what is in use to a new file at `path`, packed, without the pages that are free.
    func copy(to path: String) throws(LMDBFailure) {
        try LMDBFailure.check(mdb_env_copy2(opened(), path, UInt32(MDB_CP_COMPACT)), "copying")
    }

    private func grow() throws(LMDBFailure) {
        pthread_rwlock_wrlock(gate)
        defer { pthread_rwlock_unlock(gate) }
        try LMDBFailure.check(mdb_env_set_mapsize(opened(), mapBytes * 2), "growing the map")
        noteMap()
    }

    private static let accessesBetweenReleases = 512
    private static let bulkBetweenReleases = 1 << 20
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
        default: return JournalError(isDamage ? .corrupt : .unknownOutcome, reason)
        }
    }

    /// Whether the file says something it should not; otherwise the machine did, and the file may be as good as ever.
    ///
    /// What the library itself finds has a number below zero. It says `EINVAL` for some of what a file may hold, too.
    var isDamage: Bool {
        switch status {
        case MDB_MAP_FULL, MDB_READERS_FULL, MDB_DBS_FULL, MDB_TXN_FULL, MDB_MAP_RESIZED: false
        default: status < 0 || status == EINVAL
        }
    }

    /// A value that does not check.
    static func damaged(_ what: String) -> LMDBFailure { LMDBFailure(status: MDB_CORRUPTED, doing: what) }
}

/// One transaction: aborted at the end of its scope unless it has been committed.
struct LMDBTransaction: ~Copyable {
    private let transaction: OpaquePointer
    private let isReadOnly: Bool
    /// Retained by hand, because only what is trivially destroyed can be discarded.
    private let environment: Unmanaged<LMDBEnvironment>

    fileprivate init(_ environment: LMDBEnvironment, isReadOnly: Bool) throws(LMDBFailure) {
        var begun: OpaquePointer?
        let flags = isReadOnly ? UInt32(MDB_RDONLY) : 0
        try LMDBFailure.check(mdb_txn_begin(environment.opened(), nil, flags, &begun), "beginning a transaction")
        guard let begun else { throw LMDBFailure(status: ENOMEM, doing: "beginning a transaction") }
        transaction = begun
        self.isReadOnly = isReadOnly
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
        environment._withUnsafeGuaranteedRef { $0.noteTable(name) }
        return table
    }

    private borrowing func noteAccess() {
        environment._withUnsafeGuaranteedRef { $0.noteAccess(isWriting: !isReadOnly) }
    }

    /// A copy of the value at `key`; nil where there is none.
    borrowing func value(_ key: [UInt8], in table: MDB_dbi) throws(LMDBFailure) -> [UInt8]? {
        var value: UnsafeRawPointer?
        var count = 0
        noteAccess()
        let status = cmesh_lmdb_get(transaction, table, key, key.count, &value, &count)
        if status == MDB_NOTFOUND { return nil }
        try LMDBFailure.check(status, "reading")
        return Array(UnsafeRawBufferPointer(start: value, count: count))
    }

    /// Stores `value` at `key`, in place of what may be there.
    borrowing func put(_ value: [UInt8], at key: [UInt8], in table: MDB_dbi) throws(LMDBFailure) {
        noteAccess()
        try LMDBFailure.check(cmesh_lmdb_put(transaction, table, key, key.count, value, value.count), "writing")
    }

    /// Stores `block` of actor `number` without allocating, and returns the checksum it ends with.
    borrowing func put(_ block: PlaceBlock, of number: UInt64, in table: MDB_dbi) throws(LMDBFailure) -> UInt32 {
        noteAccess()
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
            noteAccess()
            let key = Array(UnsafeRawBufferPointer(start: foundKey.mv_data, count: foundKey.mv_size))
            let value = Array(UnsafeRawBufferPointer(start: foundValue.mv_data, count: foundValue.mv_size))
            guard try body(key, value) else { return }
            status = cmesh_lmdb_move(cursor, MDB_NEXT, &foundKey, &foundValue)
        }
        if status != MDB_NOTFOUND { try LMDBFailure.check(status, "moving a cursor") }
    }
}
