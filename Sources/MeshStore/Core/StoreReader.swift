internal import MeshActors
internal import MeshCore

/// What can be read of a store beside its writer, from any thread.
///
/// The writer hands the index what is durable before it acknowledges it, so that a read sees what was acknowledged
/// before it began. A place that was found may be dropped by compaction before it is read: then the index knows the new
/// one, and the read begins again.
final class StoreReader: Sendable {
    let index: any LogIndex
    private let segments: SegmentTable
    /// How often the store has been opened, this time included.
    let generation: UInt64

    init(_ index: any LogIndex, _ segments: SegmentTable, generation: UInt64) {
        self.index = index
        self.segments = segments
        self.generation = generation
    }

    /// The segments as they stand.
    var view: SegmentView { segments.view }

    /// The entries behind `head`, as many as one read returns.
    func entries(of address: ActorAddress, after head: Head) throws(JournalError) -> [PlacedEntry] {
        try retrying { () throws(JournalError) in
            let places = try index.places(of: address, after: head, limit: Limits.Journal.maximumEntriesRead)
            let view = segments.view
            var entries: [PlacedEntry] = []
            var bytes = 0
            entries.reserveCapacity(places.count)
            // Those before a snapshot may be gone with their segments while the index still names them.
            for place in places.drop(while: { $0.position < view.segments[0].base.position }) {
                guard bytes < Limits.Store.maximumBytesRead else { break }
                let record = try view.record(at: place.position, of: address, place.head)
                guard case .entry(let entry, let wallTime) = record.content else {
                    throw .misplaced(place.position, address, place.head)
                }
                bytes += entry.answer.count + entry.events.reduce(0) { $0 + $1.count }
                if let last = entries.last, place.head != last.head.advanced(by: 1) { break }
                entries.append(
                    PlacedEntry(head: place.head, epoch: record.head.epoch, wallTime: wallTime, entry: entry)
                )
            }
            return entries
        }
    }

    /// The snapshot that `row` names, or a later one where that has been dropped.
    func snapshot(of row: ActorRow, _ address: ActorAddress) throws(JournalError) -> Snapshot? {
        var row = row
        while let position = row.snapshotPosition {
            do throws(JournalError) {
                let record = try segments.view.record(at: position, of: address, row.snapshotHead)
                guard case .snapshot(let bytes) = record.content else {
                    throw .misplaced(position, address, row.snapshotHead)
                }
                return Snapshot(head: row.snapshotHead, bytes: bytes)
            } catch {
                guard error.code == .corrupt, let newer = try index.row(of: address),
                    newer.snapshotPosition != position
                else { throw error }
                row = newer
            }
        }
        return nil
    }

    /// The record at `position`, which must be that of `address` at `head`.
    func record(at position: LogPosition, of address: ActorAddress, _ head: Head) throws(JournalError) -> StoreRecord {
        try segments.view.record(at: position, of: address, head)
    }

    /// The actors behind `address`, as many as one scan returns.
    ///
    /// `unwritten` are rows of which more is known than the log says, collected before.
    func actors(
        after address: ActorAddress?,
        unwritten: [ActorAddress: ActorRow]
    ) throws(JournalError) -> [ActorSummary] {
        let limit = Limits.Journal.maximumActorsScanned
        let rows = try index.rows(after: address, limit: limit)
        let last = rows.count == limit ? rows.last?.address : nil
        var found = Dictionary(uniqueKeysWithValues: rows.map { ($0.address, $0.row) })
        for (claimed, row) in unwritten {
            if let address, claimed <= address { continue }
            if let last, claimed > last { continue }
            found[claimed, default: row].epoch = max(row.epoch, found[claimed]?.epoch ?? .none)
        }
        return found.sorted { $0.key < $1.key }.prefix(limit).map { $0.value.summary(of: $0.key) }
    }

    /// The actors that want to be activated at `wallTime` or before, earliest first, as many as one scan returns.
    func actorsToWake(until wallTime: WallTime, after mark: WakeMark?) throws(JournalError) -> [ActorSummary] {
        let rows = try index.rowsToWake(until: wallTime, after: mark, limit: Limits.Journal.maximumActorsScanned)
        return rows.map { $0.row.summary(of: $0.address) }
    }

    private func retrying<Result>(_ body: () throws(JournalError) -> Result) throws(JournalError) -> Result {
        while true {
            let drops = segments.drops
            do throws(JournalError) {
                return try body()
            } catch {
                guard error.code == .corrupt, segments.drops != drops else { throw error }
            }
        }
    }
}

extension SegmentView {
    /// The record at `position`, which must be that of `address` at `head`.
    fileprivate func record(
        at position: LogPosition,
        of address: ActorAddress,
        _ head: Head
    ) throws(JournalError) -> StoreRecord {
        let record = try record(at: position)
        guard record.head.address == address, record.head.head == head else {
            throw .misplaced(position, address, head)
        }
        return record
    }
}

extension JournalError {
    fileprivate static func misplaced(_ position: LogPosition, _ address: ActorAddress, _ head: Head) -> JournalError {
        let what = "\(address) entry \(head.rawValue)"
        return JournalError(.corrupt, "the record at log position \(position.rawValue) is not that of \(what)")
    }
}
