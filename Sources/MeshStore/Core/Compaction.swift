internal import MeshActors
internal import MeshCore

/// Decides whether the oldest segment is worth dropping, and finds what of it has to be written again; it only reads.
///
/// Works on what is committed, from any one thread: what is not needed once is never needed again, so that a decision
/// may be carried out later. A segment goes when at most half of it is needed, or when at most half of all segments
/// together is: then one that is needed still stands before many that are not.
struct Compaction {
    private let index: any LogIndex

    /// Kinds of which nothing is useless because a snapshot stands for it.
    private let historyKinds: Set<ActorKind>

    /// What was needed of a segment when it was last looked at, in bytes; it can only have become less.
    private struct Need {
        var bytes = 0
        /// How many of them are history, which stays for as long as the segment does.
        var lasting = 0
        /// Whether each entry of a history was looked up.
        ///
        /// Only of the oldest segment some may have been written again already, by a life that ended before it could
        /// drop it.
        let isExact: Bool
    }

    private var needed: [LogPosition: Need] = [:]

    /// Which segment is looked at again next.
    private var turn = LogPosition.start

    init(_ index: any LogIndex, keepingHistoryOf kinds: Set<ActorKind>) {
        self.index = index
        historyKinds = kinds
    }

    /// The oldest segment of `view` and where it ends, if it is to be dropped.
    mutating func candidate(in view: SegmentView) throws(JournalError) -> (segment: Segment, end: LogPosition)? {
        guard view.segments.count > 1 else { return nil }
        let oldest = view.segments[0]
        let end = view.segments[1].base.position
        let bases = Set(view.segments.map(\.base.position))
        needed = needed.filter { bases.contains($0.key) }
        if !isSettled(0, in: view, isExact: true) { try measure(oldest, isExact: true) }
        if isHalfGarbage(needed[oldest.base.position]?.bytes ?? 0, of: bytes(of: 0, in: view)) { return (oldest, end) }
        try measureSome(of: view)
        var (wanted, all) = (0, 0)
        for place in 0..<view.segments.count - 1 {
            let bytes = bytes(of: place, in: view)
            all += bytes
            wanted += needed[view.segments[place].base.position]?.bytes ?? bytes
        }
        return isHalfGarbage(wanted, of: all) ? (oldest, end) : nil
    }

    private func isHalfGarbage(_ needed: Int, of bytes: Int) -> Bool { needed * 2 <= bytes }

    private func bytes(of place: Int, in view: SegmentView) -> Int {
        Int(view.segments[place + 1].base.position.rawValue - view.segments[place].base.position.rawValue)
    }

    /// Whether so much of a segment is history that it will not be half garbage, however often one looks.
    private func isSettled(_ place: Int, in view: SegmentView, isExact: Bool) -> Bool {
        guard let need = needed[view.segments[place].base.position], need.isExact || !isExact else { return false }
        return !isHalfGarbage(need.lasting, of: bytes(of: place, in: view))
    }

    /// Looks at those that nobody has looked at, and in turn at the others; not at all, because that is a read of each.
    private mutating func measureSome(of view: SegmentView) throws(JournalError) {
        let closed = view.segments.indices.dropFirst().dropLast()
        let unseen = closed.filter { needed[view.segments[$0].base.position] == nil }
        for place in unseen.prefix(Self.segmentsLookedAt) { try measure(view.segments[place], isExact: false) }
        let unsettled = closed.filter { !isSettled($0, in: view, isExact: false) }.map { view.segments[$0] }
        guard let next = unsettled.first(where: { $0.base.position > turn }) ?? unsettled.first else { return }
        turn = next.base.position
        try measure(next, isExact: false)
    }

    private mutating func measure(_ segment: Segment, isExact: Bool) throws(JournalError) {
        var need = Need(isExact: isExact)
        // As a slice counts them: of an actor that stands alone one is written again, whether it had none or one.
        var last: ActorAddress?
        try segment.scanAll { record throws(JournalError) in
            let address = record.head.address
            let isHistory = record.head.kind.isEntry && keepsHistory(of: address)
            if isExact || !isHistory {
                guard try isNeeded(record, try index.row(of: address)) else { return }
            }
            var bytes = last == address ? 0 : CompactionSlice.standingBytes(of: address)
            last = address
            if record.head.kind != .ownership { bytes += StoreRecord.frameBytes + record.body.count }
            need.bytes += bytes
            if isHistory { need.lasting += bytes }
        }
        needed[segment.base.position] = need
    }

    /// Hands over what is needed of `segment`, and whose places are not, in pieces of which each is soon written.
    func slices(
        of segment: Segment,
        _ body: (CompactionSlice) throws(JournalError) -> Void
    ) throws(JournalError) {
        var slice = CompactionSlice()
        try segment.scanAll { record throws(JournalError) in
            let address = record.head.address
            let row = try index.row(of: address)
            if try isNeeded(record, row) {
                slice.add(record)
            } else if let row, row.snapshotHead > .none, !keepsHistory(of: address), slice.trims.last != address {
                slice.trims.append(address)
            }
            guard slice.bytes >= Self.sliceBytes || slice.trims.count >= Self.sliceTrims else { return }
            try body(slice)
            slice = CompactionSlice()
        }
        try body(slice)
    }

    /// Whether something would be lost with `record`, whose actor's row is `row`.
    func isNeeded(_ record: ScannedRecord, _ row: ActorRow?) throws(JournalError) -> Bool {
        let head = record.head
        guard let row else {
            throw .corrupt(record.position, in: "the index", "nothing is known of \(head.address)")
        }
        switch head.kind {
        case .ownership: return head.epoch == row.epoch
        case .snapshot: return row.snapshotPosition == record.position
        case .entry, .carriedEntry:
            guard head.head > row.snapshotHead || keepsHistory(of: head.address) else { return false }
            let before = Head(rawValue: head.head.rawValue - 1)
            return try index.places(of: head.address, after: before, limit: 1).first?.position == record.position
        }
    }

    /// Whether entries of `address` are needed for ever.
    func keepsHistory(of address: ActorAddress) -> Bool { historyKinds.contains(address.kind) }

    private static let segmentsLookedAt = 8
    private static let sliceBytes = 256 * 1_024
    private static let sliceTrims = 4_096
}

/// A part of what has to be written again before a segment can be dropped.
struct CompactionSlice: Sendable {
    /// Where each record stood, and what it was.
    private(set) var records: [(position: LogPosition, head: RecordHead, body: [UInt8])] = []

    /// Actors whose entries up to their snapshot nobody needs.
    var trims: [ActorAddress] = []

    /// What they take at the log's end.
    private(set) var bytes = 0

    mutating func add(_ record: ScannedRecord) {
        if records.last?.head.address != record.head.address { bytes += Self.standingBytes(of: record.head.address) }
        records.append((record.position, record.head, Array(record.body)))
        bytes += StoreRecord.frameBytes + record.body.count
    }

    /// What the record takes that says where `address` stands, roughly.
    static func standingBytes(of address: ActorAddress) -> Int {
        StoreRecord.frameBytes + StoreRecord.prefixBytes + 96 + address.kind.name.utf8.count + address.key.utf8.count
    }
}

extension Segment {
    /// Hands every record to `visitor`; the segment must be one that no longer grows.
    func scanAll(_ visitor: RecordVisitor) throws(JournalError) {
        var scan = try SegmentScan(self, from: base)
        let ending = try scan.run(record: visitor, boundary: { _ in })
        if ending != .clean { throw .corrupt(scan.cursor.position, in: name, "the segment does not check") }
    }
}
