internal import CMeshLMDB
package import MeshActors
package import MeshCore

/// The index in an LMDB file: what a store of a million actors needs in memory is only what is being used.
///
/// Every ``apply(_:)`` is one transaction, safe at the latest with the next; put a ``BackgroundIndex`` in front of it.
/// Nothing in it is the truth: a file that is damaged or missing is made again from the log.
package final class LMDBIndex: LogIndex {
    let environment: LMDBEnvironment
    let tables: Tables
    let progress: Lock<IndexProgress>

    struct Tables: Sendable {
        let about: MDB_dbi
        let actors: MDB_dbi
        let entries: MDB_dbi
        let wakes: MDB_dbi
    }

    static let cursorKey = Array("cursor".utf8)

    private let path: String
    private let pagesUsed = Lock(0)
    private let isSuspect = Lock(false)

    /// Opens the index at `path`, or makes an empty one; a map of `mapBytes` grows by itself.
    ///
    /// One that is only looked at is not made, and cannot be changed.
    package init(
        path: String,
        mapBytes: Int = 256 * 1_024 * 1_024,
        isReadOnly: Bool = false
    ) throws(JournalError) {
        self.path = path
        do throws(LMDBFailure) {
            environment = try LMDBEnvironment(path: path, mapBytes: mapBytes, tables: 4, isReadOnly: isReadOnly)
            var opened = Tables(about: 0, actors: 0, entries: 0, wakes: 0)
            try environment.openTables { transaction throws(LMDBFailure) in
                opened = Tables(
                    about: try transaction.table("about"),
                    actors: try transaction.table("actors"),
                    entries: try transaction.table("entries"),
                    wakes: try transaction.table("wakes")
                )
            }
            tables = opened
            let about = opened.about
            let sealed = try environment.read { transaction throws(LMDBFailure) in
                try transaction.value(Self.cursorKey, in: about)
            }
            progress = Lock(
                try sealed.map { sealed throws(LMDBFailure) in
                    try IndexCodec.progress(IndexCodec.opened(sealed, at: Self.cursorKey))
                } ?? IndexProgress()
            )
        } catch {
            throw error.journalError
        }
    }

    /// Up to where the log is contained.
    package var applied: LogCursor? { progress.withLock { $0.cursor } }

    /// The newest row of `address`.
    package func row(of address: ActorAddress) throws(JournalError) -> ActorRow? {
        try read { transaction throws(LMDBFailure) in try found(address, transaction)?.row }
    }

    func found(
        _ address: ActorAddress,
        _ transaction: borrowing LMDBTransaction
    ) throws(LMDBFailure) -> (row: ActorRow, number: UInt64, checksum: UInt32)? {
        try found(IndexCodec.key(address), transaction)
    }

    func found(
        _ key: [UInt8],
        _ transaction: borrowing LMDBTransaction
    ) throws(LMDBFailure) -> (row: ActorRow, number: UInt64, checksum: UInt32)? {
        guard let sealed = try transaction.value(key, in: tables.actors) else { return nil }
        let (row, number) = try IndexCodec.row(IndexCodec.opened(sealed, at: key))
        return (row, number, IndexCodec.checksum(endingIn: sealed))
    }

    /// Where the entries behind `head` stand.
    package func places(
        of address: ActorAddress,
        after head: Head,
        limit: Int
    ) throws(JournalError) -> [EntryPlace] {
        try read { transaction throws(LMDBFailure) in
            guard let number = try found(address, transaction)?.number, head.rawValue < .max else { return [] }
            var places: [EntryPlace] = []
            let first = IndexCodec.blockKey(number, head.advanced(by: 1))
            try transaction.scan(from: first, in: tables.entries) { key, sealed throws(LMDBFailure) in
                guard places.count < limit else { return false }
                let (block, owner) = try IndexCodec.block(sealed, at: key)
                guard owner == number else { return false }
                places += block.places(after: head).prefix(limit - places.count)
                return true
            }
            return places
        }
    }

    /// The rows behind `address`, in order.
    package func rows(
        after address: ActorAddress?,
        limit: Int
    ) throws(JournalError) -> [(address: ActorAddress, row: ActorRow)] {
        try read { transaction throws(LMDBFailure) in
            var rows: [(address: ActorAddress, row: ActorRow)] = []
            let first = address.map { IndexCodec.key($0) + [0] } ?? []
            try transaction.scan(from: first, in: tables.actors) { key, sealed throws(LMDBFailure) in
                guard rows.count < limit else { return false }
                let row = try IndexCodec.row(IndexCodec.opened(sealed, at: key)).row
                rows.append((try IndexCodec.address(key), row))
                return true
            }
            return rows
        }
    }

    /// The rows that are due, earliest first.
    package func rowsToWake(
        until wallTime: WallTime,
        after mark: WakeMark?,
        limit: Int
    ) throws(JournalError) -> [(address: ActorAddress, row: ActorRow)] {
        try read { transaction throws(LMDBFailure) in
            var addresses: [ActorAddress] = []
            let first = mark.map { IndexCodec.wakeKey($0.wallTime, IndexCodec.key($0.address)) + [0] } ?? []
            try transaction.scan(from: first, in: tables.wakes) { key, sealed throws(LMDBFailure) in
                guard addresses.count < limit, try IndexCodec.wake(key) <= wallTime else { return false }
                _ = try IndexCodec.opened(sealed, at: key)
                addresses.append(try IndexCodec.address(Array(key[8...])))
                return true
            }
            var rows: [(address: ActorAddress, row: ActorRow)] = []
            for address in addresses {
                guard let row = try found(address, transaction)?.row else { throw .damaged("a wake of nobody") }
                rows.append((address, row))
            }
            return rows
        }
    }

    /// Takes in what the log has gained.
    package func apply(_ changes: IndexChanges) throws(JournalError) { try apply(changes, isBulk: false) }

    /// Takes in a part of the log without syncing it.
    package func applyLarge(_ changes: IndexChanges) throws(JournalError) { try apply(changes, isBulk: true) }

    private func apply(_ changes: IndexChanges, isBulk: Bool) throws(JournalError) {
        let before = progress.withLock { $0 }
        var next = before
        let pages = changes.roughPages
        environment.setBulk(isBulk)
        do throws(LMDBFailure) {
            try environment.write { transaction throws(LMDBFailure) in
                next = before
                next.cursor = changes.cursor
                try write(changes, &next, transaction)
                let sealed = IndexCodec.sealed(IndexCodec.value(next), at: Self.cursorKey)
                try transaction.put(sealed, at: Self.cursorKey, in: tables.about)
            }
        } catch {
            throw noted(error)
        }
        let reached = next
        progress.withLock { $0 = reached }
        if pages > Self.pagesKept {
            environment.renew()
        } else {
            pagesUsed.withLock { $0 = max($0, pages) }
        }
    }

    /// Pages of the largest transaction, which the library keeps, and those of the file that stay mapped.
    package var memoryInUse: Int { (pagesUsed.withLock { $0 } + Self.pagesMapped) * Self.pageBytes }

    private static let pageBytes = 4_096
    private static let pagesKept = 4_096
    private static let pagesMapped = 2_048

    /// Forgets everything.
    package func removeAll() throws(JournalError) {
        do throws(LMDBFailure) {
            try environment.write { transaction throws(LMDBFailure) in
                for table in [tables.about, tables.actors, tables.entries, tables.wakes] {
                    try transaction.removeAll(in: table)
                }
            }
        } catch {
            throw noted(error)
        }
        progress.withLock { $0 = IndexProgress() }
    }

    /// Ends the use of it, and seals the file: see ``IndexFile``.
    package func close() {
        guard !environment.isReadOnly else { return }
        environment.sync()
        // A seal would pass for a proof that it may be opened as it is.
        if isSuspect.withLock({ $0 }) { IndexFile(path: path).breakSeal() } else { IndexFile(path: path).seal() }
    }

    func read<Result>(
        _ body: (borrowing LMDBTransaction) throws(LMDBFailure) -> Result
    ) throws(JournalError) -> Result {
        do throws(LMDBFailure) { return try environment.read(body) } catch { throw noted(error) }
    }

    /// Remembers that the file is damaged, or may be: then it is not sealed, and checked when it is next opened.
    private func noted(_ failure: LMDBFailure) -> JournalError {
        if failure.isDamage { isSuspect.withLock { $0 = true } }
        return failure.journalError
    }
}
