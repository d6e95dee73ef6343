internal import MeshCore

extension JournalAppend {
    /// Refuses an append that no store takes: every implementation asks this first.
    package func checkBounds() throws(JournalError) {
        guard !entries.isEmpty else { throw JournalError(.corrupt, "an append without entries") }
        guard entries.count <= Limits.Journal.maximumEntries else {
            throw JournalError(.tooLarge, "\(entries.count) entries in one append")
        }
        for entry in entries { if let objection = entry.objection { throw objection } }
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
    /// What counts against the bound of an append: events, with something for the framing of each, and answer.
    package var byteCount: Int { events.reduce(answer.count) { $0 + $1.count + Limits.Journal.eventFramingBytes } }

    /// Why no append may hold it, alone or among others; nil when one may.
    package var objection: JournalError? {
        guard !events.isEmpty else { return JournalError(.corrupt, "an entry without events") }
        guard events.count <= Limits.Journal.maximumEventsInEntry else {
            return JournalError(.tooLarge, "\(events.count) events in one entry")
        }
        guard answer.count <= Limits.Journal.maximumAnswerBytes else {
            return JournalError(.tooLarge, "an answer of \(answer.count) bytes")
        }
        let bytes = byteCount
        return bytes > Limits.Journal.maximumAppendBytes
            ? JournalError(.tooLarge, "\(bytes) bytes in one entry") : nil
    }
}
