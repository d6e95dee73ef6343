internal import MeshCore

extension JournalAppend {
    /// Refuses an append that no store takes: every implementation asks this first.
    package func checkBounds() throws(JournalError) {
        guard !entries.isEmpty, entries.allSatisfy({ !$0.events.isEmpty }) else {
            throw JournalError(.corrupt, "an append without entries, or an entry without events")
        }
        guard entries.count <= Limits.Journal.maximumEntries else {
            throw JournalError(.tooLarge, "\(entries.count) entries in one append")
        }
        let bytes = entries.reduce(0) { $0 + $1.byteCount }
        guard bytes <= Limits.Journal.maximumAppendBytes else {
            throw JournalError(.tooLarge, "\(bytes) bytes in one append")
        }
    }
}

extension Snapshot {
    /// Refuses a snapshot that no store takes: every implementation asks this first.
    package func checkBounds() throws(JournalError) {
        guard bytes.count <= Limits.Journal.maximumSnapshotBytes else {
            throw JournalError(.tooLarge, "a snapshot of \(bytes.count) bytes")
        }
    }
}

extension JournalEntry {
    /// What counts against the bound of an append: events and answer.
    package var byteCount: Int { events.reduce(answer.count) { $0 + $1.count } }
}
