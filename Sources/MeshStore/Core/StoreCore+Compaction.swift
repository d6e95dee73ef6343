package import MeshActors
internal import MeshCore

extension StoreCore {
    /// Drops the oldest segment where at most half of it is still needed; that half is copied to the log's end first.
    ///
    /// Returns whether a segment was dropped. The last segment always stays.
    package func compact() throws(JournalError) -> Bool {
        try commit()
        guard let oldest = engine.oldestSegment else { return false }
        var needed = 0
        try engine.scanSegment(at: oldest.base) { record throws(JournalError) in
            if try isNeeded(record) { needed += StoreRecord.frameBytes + record.body.count }
        }
        guard needed * 2 <= Int(oldest.end.rawValue - oldest.base.rawValue) else { return false }
        try engine.scanSegment(at: oldest.base) { record throws(JournalError) in
            if try isNeeded(record) {
                try carry(record)
            } else {
                try trim(record)
            }
        }
        try commit()
        try engine.drop(before: oldest.end)
        return true
    }

    /// Whether something would be lost with this record.
    private func isNeeded(_ record: ScannedRecord) throws(JournalError) -> Bool {
        let head = record.head
        guard let row = try existing(head.address)?.row else { return false }
        switch head.kind {
        case .ownership: return head.epoch == row.epoch
        case .snapshot: return row.snapshotPosition == record.position
        case .entry, .carriedEntry:
            guard head.head > row.snapshotHead else { return false }
            let before = Head(rawValue: head.head.rawValue - 1)
            return try index.places(of: head.address, after: before, limit: 1).first?.position == record.position
        }
    }
}
