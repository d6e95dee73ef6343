package import MeshActors
package import MeshCore

extension StoreCore {
    /// The entries behind `head`, as many as one read returns.
    package func entries(of address: ActorAddress, after head: Head) throws(JournalError) -> [PlacedEntry] {
        try checkOpen()
        let places = try index.places(of: address, after: head, limit: Limits.Journal.maximumEntriesRead)
        var entries: [PlacedEntry] = []
        entries.reserveCapacity(places.count)
        for place in places {
            let record = try record(at: place.position, of: address, place.head)
            guard case .entry(let entry, let wallTime) = record.content else {
                throw misplaced(place.position, address, place.head)
            }
            if let last = entries.last, place.head != last.head.advanced(by: 1) { break }
            entries.append(
                PlacedEntry(head: place.head, epoch: record.head.epoch, wallTime: wallTime, entry: entry)
            )
        }
        return entries
    }

    /// The actors behind `address`, as many as one scan returns.
    package func actors(after address: ActorAddress?) throws(JournalError) -> [ActorSummary] {
        try checkOpen()
        let limit = Limits.Journal.maximumActorsScanned
        let rows = try index.rows(after: address, limit: limit)
        let last = rows.count == limit ? rows.last?.address : nil
        var summaries = Dictionary(uniqueKeysWithValues: rows.map { ($0.address, $0.row.summary(of: $0.address)) })
        for actor in unwritten where isBetween(actor.address, address, last) {
            var row = actor.row
            row.epoch = actor.epoch
            summaries[actor.address] = row.summary(of: actor.address)
        }
        return Array(summaries.values.sorted { $0.address < $1.address }.prefix(limit))
    }

    private func isBetween(_ address: ActorAddress, _ first: ActorAddress?, _ last: ActorAddress?) -> Bool {
        if let first, address <= first { return false }
        if let last, address > last { return false }
        return true
    }

    /// The actors behind `mark` that want to be activated at `wallTime` or before, earliest first, as many as one scan
    /// returns.
    package func actorsToWake(
        until wallTime: WallTime,
        after mark: WakeMark? = nil
    ) throws(JournalError) -> [ActorSummary] {
        try checkOpen()
        let rows = try index.rowsToWake(until: wallTime, after: mark, limit: Limits.Journal.maximumActorsScanned)
        return rows.map { $0.row.summary(of: $0.address) }
    }

    func snapshot(of row: ActorRow, _ address: ActorAddress) throws(JournalError) -> Snapshot? {
        guard let position = row.snapshotPosition else { return nil }
        let record = try record(at: position, of: address, row.snapshotHead)
        guard case .snapshot(let bytes) = record.content else { throw misplaced(position, address, row.snapshotHead) }
        return Snapshot(head: row.snapshotHead, bytes: bytes)
    }

    /// The chain of an actor at a head that is not behind its own.
    func chain(of actor: LiveActor, at head: Head) throws(JournalError) -> SHA256Digest {
        if head == actor.row.head { return actor.row.chain }
        if head == .none { return .zero }
        if actor.isStaged { try commit() }
        if head == actor.row.snapshotHead, let position = actor.row.snapshotPosition {
            return try record(at: position, of: actor.address, head).head.chain
        }
        let before = Head(rawValue: head.rawValue - 1)
        if let place = try index.places(of: actor.address, after: before, limit: 1).first, place.head == head {
            return try record(at: place.position, of: actor.address, head).head.chain
        }
        throw JournalError(.staleHead, "\(actor.address) has no entry \(head.rawValue) any more to put a snapshot on")
    }

    /// The record at `position`, which must be that of `address` at `head`.
    private func record(
        at position: LogPosition,
        of address: ActorAddress,
        _ head: Head
    ) throws(JournalError) -> StoreRecord {
        let record = try engine.record(at: position)
        guard record.head.address == address, record.head.head == head else { throw misplaced(position, address, head) }
        return record
    }

    private func misplaced(_ position: LogPosition, _ address: ActorAddress, _ head: Head) -> JournalError {
        let what = "\(address) entry \(head.rawValue)"
        return JournalError(.corrupt, "the record at log position \(position.rawValue) is not that of \(what)")
    }
}

extension JournalAppend {
    /// Refuses what fits the journal's bounds by its contents but not a batch with all its framing.
    func checkFitsBatch() throws(JournalError) {
        var bytes = 0
        for entry in entries {
            guard entry.events.count <= Limits.Store.maximumEventsInEntry else {
                throw JournalError(.tooLarge, "\(entry.events.count) events in one entry of \(address)")
            }
            bytes += 1_024 + entry.answer.count + entry.events.reduce(0) { $0 + 9 + $1.count }
        }
        guard bytes <= Limits.Store.maximumBatchBytes - 1_024 * 1_024 else {
            throw JournalError(.tooLarge, "an append to \(address) does not fit a batch")
        }
    }
}
