internal import CMeshLMDB
package import MeshActors
package import MeshCore

/// The index in an LMDB file: what a store of a million actors needs in memory is only what is being used.
///
/// Every ``apply(_:)`` is one synced transaction; put a ``BackgroundIndex`` in front of it. Nothing in it is the truth:
/// a file that is damaged or missing is made again from the log.
package final class LMDBIndex: LogIndex {
    private let environment: LMDBEnvironment
    private let tables: Tables
    private let progress: Lock<Progress>

    private struct Tables: Sendable {
        let about: MDB_dbi
        let actors: MDB_dbi
        let entries: MDB_dbi
        let wakes: MDB_dbi
    }

    private struct Progress {
        var cursor: LogCursor?
        var nextNumber: UInt64 = 1
    }

    private static let cursorKey = Array("cursor".utf8)

    /// Opens the index at `path`, or makes an empty one; a map of `mapBytes` grows by itself.
    package init(path: String, mapBytes: Int = 256 * 1_024 * 1_024) throws(JournalError) {
        do throws(LMDBFailure) {
            environment = try LMDBEnvironment(path: path, mapBytes: mapBytes, tables: 4)
            var opened = Tables(about: 0, actors: 0, entries: 0, wakes: 0)
            try environment.write { transaction throws(LMDBFailure) in
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
            var found = Progress()
            if let sealed {
                let (cursor, next) = try IndexCodec.cursor(IndexCodec.opened(sealed, at: Self.cursorKey))
                found = Progress(cursor: cursor, nextNumber: next)
            }
            progress = Lock(found)
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

    private func found(
        _ address: ActorAddress,
        _ transaction: borrowing LMDBTransaction
    ) throws(LMDBFailure) -> (row: ActorRow, number: UInt64)? {
        let key = IndexCodec.key(address)
        guard let sealed = try transaction.value(key, in: tables.actors) else { return nil }
        return try IndexCodec.row(IndexCodec.opened(sealed, at: key))
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
            var next = IndexCodec.entryKey(number, head.advanced(by: 1))
            let end = IndexCodec.entryKey(number, Head(rawValue: .max))
            try transaction.scan(from: next, in: tables.entries) { key, sealed throws(LMDBFailure) in
                guard places.count < limit, key.lexicographicallyPrecedes(end) else { return false }
                let position = try IndexCodec.position(IndexCodec.opened(sealed, at: key))
                let head = Head(rawValue: key[8...].reduce(0) { $0 << 8 | UInt64($1) })
                places.append(EntryPlace(head: head, position: position))
                next = key
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
        limit: Int
    ) throws(JournalError) -> [(address: ActorAddress, row: ActorRow)] {
        try read { transaction throws(LMDBFailure) in
            var addresses: [ActorAddress] = []
            try transaction.scan(from: [], in: tables.wakes) { key, sealed throws(LMDBFailure) in
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
    package func apply(_ changes: IndexChanges) throws(JournalError) {
        let before = progress.withLock { $0 }
        var next = before
        do throws(LMDBFailure) {
            try environment.write { transaction throws(LMDBFailure) in
                next = before
                next.cursor = changes.cursor
                try write(changes, &next, transaction)
                let value = IndexCodec.value(changes.cursor, nextNumber: next.nextNumber)
                let sealed = IndexCodec.sealed(value, at: Self.cursorKey)
                try transaction.put(sealed, at: Self.cursorKey, in: tables.about)
            }
        } catch {
            throw error.journalError
        }
        let reached = next
        progress.withLock { $0 = reached }
    }

    private func write(
        _ changes: IndexChanges,
        _ progress: inout Progress,
        _ transaction: borrowing LMDBTransaction
    ) throws(LMDBFailure) {
        let rows = Dictionary(changes.rows, uniquingKeysWith: { $1 })
        var numbers: [ActorAddress: UInt64] = [:]
        for (address, row) in rows.sorted(by: { $0.key < $1.key }) {
            let key = IndexCodec.key(address)
            let old = try found(address, transaction)
            let number = old?.number ?? progress.nextNumber
            if old == nil { progress.nextNumber += 1 }
            numbers[address] = number
            let value = IndexCodec.value(row, number: number)
            try transaction.put(IndexCodec.sealed(value, at: key), at: key, in: tables.actors)
            guard old?.row.wake != row.wake else { continue }
            if let wake = old?.row.wake { try transaction.remove(IndexCodec.wakeKey(wake, key), in: tables.wakes) }
            if let wake = row.wake {
                let wakeKey = IndexCodec.wakeKey(wake, key)
                try transaction.put(IndexCodec.sealed([], at: wakeKey), at: wakeKey, in: tables.wakes)
            }
        }
        var places: [(number: UInt64, place: EntryPlace)] = []
        places.reserveCapacity(changes.entries.count)
        var last: (address: ActorAddress, number: UInt64)?
        for (address, place) in changes.entries {
            // Entries of one actor mostly stand together; a carried one may be of an actor without a new row.
            if last?.address != address {
                var known = numbers[address]
                if known == nil { known = try found(address, transaction)?.number }
                last = known.map { (address, $0) }
            }
            guard let number = last?.number else { throw .damaged("an entry of nobody") }
            places.append((number, place))
        }
        places.sort { ($0.number, $0.place.head) < ($1.number, $1.place.head) }
        for (number, place) in places { try transaction.put(place, of: number, in: tables.entries) }
        for (address, head) in changes.trims { try trim(address, through: head, transaction) }
    }

    private func trim(
        _ address: ActorAddress,
        through head: Head,
        _ transaction: borrowing LMDBTransaction
    ) throws(LMDBFailure) {
        guard let number = try found(address, transaction)?.number else { return }
        let end = IndexCodec.entryKey(number, head)
        var keys: [[UInt8]] = []
        try transaction.scan(from: IndexCodec.entryKey(number, .none), in: tables.entries) {
            key,
            _ throws(LMDBFailure) in
            guard !end.lexicographicallyPrecedes(key) else { return false }
            keys.append(key)
            return true
        }
        for key in keys { try transaction.remove(key, in: tables.entries) }
    }

    /// Forgets everything.
    package func removeAll() throws(JournalError) {
        do throws(LMDBFailure) {
            try environment.write { transaction throws(LMDBFailure) in
                for table in [tables.about, tables.actors, tables.entries, tables.wakes] {
                    try transaction.removeAll(in: table)
                }
            }
        } catch {
            throw error.journalError
        }
        progress.withLock { $0 = Progress() }
    }

    /// Ends the use of it.
    package func close() {}

    private func read<Result>(
        _ body: (borrowing LMDBTransaction) throws(LMDBFailure) -> Result
    ) throws(JournalError) -> Result {
        do throws(LMDBFailure) { return try environment.read(body) } catch { throw error.journalError }
    }
}
