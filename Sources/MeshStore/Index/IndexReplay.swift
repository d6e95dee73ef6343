internal import MeshActors
internal import MeshCore
internal import MeshWire

/// Plays records of the log to an index, and refuses those that do not continue their actor's chain.
final class IndexReplay {
    private let index: any LogIndex
    private let isTruncated: Bool
    private var rows: [ActorAddress: ActorRow] = [:]
    /// Those that the index may not have taken in yet.
    private var earlierRows: [ActorAddress: ActorRow] = [:]
    private var changes = IndexChanges()

    /// A replay to `index`; `isTruncated` where the log no longer begins with the first batch ever.
    init(to index: any LogIndex, isTruncated: Bool) {
        self.index = index
        self.isTruncated = isTruncated
    }

    /// Takes one record in.
    func visit(_ record: ScannedRecord) throws(JournalError) {
        let head = record.head
        var row = ActorRow()
        var isKnown = true
        if let known = rows[head.address] {
            row = known
        } else if let known = earlierRows[head.address] {
            row = known
        } else if let known = try index.row(of: head.address) {
            row = known
        } else {
            isKnown = false
        }
        switch head.kind {
        case .entry: try takeEntry(record, &row, isKnown)
        case .carriedEntry: if !isKnown || head.head > row.head { try takeEntry(record, &row, isKnown) }
        case .snapshot: try takeSnapshot(record, &row, isKnown)
        case .ownership: try takeOwnership(record, &row, isKnown)
        }
        rows[head.address] = row
        if head.kind == .entry || head.kind == .carriedEntry {
            changes.entries.append((head.address, EntryPlace(head: head.head, position: record.position)))
        }
    }

    private func takeEntry(_ record: ScannedRecord, _ row: inout ActorRow, _ isKnown: Bool) throws(JournalError) {
        let head = record.head
        if isKnown || !isTruncated {
            guard row.head.rawValue < .max, head.head == row.head.advanced(by: 1) else {
                throw fault(record, "follows entry \(row.head.rawValue)")
            }
            let payload = record.body.part(StoreRecord.prefixBytes..<record.body.count)
            guard SHA256.digest(row.chain, payload) == head.chain else {
                throw fault(record, "breaks its actor's chain")
            }
        }
        row.head = head.head
        row.chain = head.chain
        row.epoch = max(row.epoch, head.epoch)
        row.wake = head.wake
    }

    private func takeSnapshot(_ record: ScannedRecord, _ row: inout ActorRow, _ isKnown: Bool) throws(JournalError) {
        let head = record.head
        if !isKnown && isTruncated {
            row.head = head.head
            row.chain = head.chain
            row.wake = head.wake
        }
        guard head.head <= row.head, head.head < row.head || head.chain == row.chain else {
            throw fault(record, "is a snapshot that does not stand on its actor's chain")
        }
        row.epoch = max(row.epoch, head.epoch)
        guard head.head >= row.snapshotHead else { return }
        row.snapshotHead = head.head
        row.snapshotPosition = record.position
    }

    private func takeOwnership(_ record: ScannedRecord, _ row: inout ActorRow, _ isKnown: Bool) throws(JournalError) {
        let decoded: StoreRecord
        do throws(WireError) { decoded = try StoreRecord(body: record.body) } catch {
            throw fault(record, "cannot be read: \(error.message)")
        }
        guard case .ownership(let owner) = decoded.content else { return }
        if !isKnown && isTruncated {
            row.head = record.head.head
            row.chain = record.head.chain
            row.wake = record.head.wake
        }
        guard record.head.head == row.head, record.head.chain == row.chain else {
            throw fault(record, "says who owns it elsewhere than at entry \(row.head.rawValue), where its chain stands")
        }
        guard record.head.epoch >= row.epoch else { return }
        row.epoch = record.head.epoch
        row.owner = owner
    }

    /// Takes note of a place between two batches, and hands the index what has piled up.
    func boundary(_ cursor: LogCursor) throws(JournalError) {
        changes.cursor = cursor
        if changes.entries.count + rows.count >= Self.changesAtOnce { try handOn() }
    }

    /// Hands the index what has piled up, and lets it take that in while the log is read on.
    private func handOn() throws(JournalError) {
        changes.rows = rows.map { ($0.key, $0.value) }
        try index.applyLarge(changes)
        let cursor = changes.cursor
        changes = IndexChanges()
        changes.cursor = cursor
        earlierRows = rows
        rows = [:]
    }

    /// Hands the index what is left, and returns when it has all of it.
    func flush() throws(JournalError) {
        changes.rows = rows.map { ($0.key, $0.value) }
        try index.apply(changes)
        let cursor = changes.cursor
        changes = IndexChanges()
        changes.cursor = cursor
        rows = [:]
        earlierRows = [:]
    }

    private func fault(_ record: ScannedRecord, _ problem: String) -> JournalError {
        let name = "\(record.head.address) entry \(record.head.head.rawValue)"
        return JournalError(.corrupt, "the record of \(name) at log position \(record.position.rawValue) \(problem)")
    }

    private static var changesAtOnce: Int { 131_072 }
}
