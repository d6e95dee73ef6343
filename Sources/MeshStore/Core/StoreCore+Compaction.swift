package import MeshActors
internal import MeshCore

extension StoreCore {
    /// How many segments there are; worth a look for something to drop whenever it has grown.
    package var segmentCount: Int { engine.segmentCount }

    /// Drops the oldest segment where that is worth it; what is needed of it is written again first.
    ///
    /// Returns whether one was dropped. The last segment always stays. A serving store does the same in pieces: see
    /// ``CompactionThread``.
    package func compact() throws(JournalError) -> Bool {
        try commit()
        guard let (segment, end) = try compaction.candidate(in: engine.segments.view) else { return false }
        try compaction.slices(of: segment) { slice throws(JournalError) in try carry(slice) }
        try drop(before: end)
        return true
    }

    /// Writes again what of `slice` is still needed, durably, and lets the index forget the rest.
    func carry(_ slice: CompactionSlice) throws(JournalError) {
        try index.checkRoom()
        try commit()
        for (position, head, body) in slice.records {
            let error: JournalError? = body.withUnsafeBytes { bytes in
                do throws(JournalError) {
                    try carryIfNeeded(ScannedRecord(position: position, head: head, body: bytes))
                    return nil
                } catch {
                    return error
                }
            }
            if let error { throw error }
        }
        for address in slice.trims { try trim(address) }
        try commit(usingReserve: true)
    }

    private func carryIfNeeded(_ record: ScannedRecord) throws(JournalError) {
        let row = try existing(record.head.address)?.row
        if try compaction.isNeeded(record, row) { try carry(record) }
    }

    /// Drops the segments that end at or before `position`, of which everything needed has been carried.
    func drop(before position: LogPosition) throws(JournalError) {
        try commit()
        try engine.drop(before: position)
    }
}
