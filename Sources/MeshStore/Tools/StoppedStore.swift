package import MeshActors
internal import MeshCore

/// The actors of one kind in a store that nobody has open, to be read from their beginnings; nothing is changed.
///
/// Where each entry stands is found by one pass through the log, and kept in memory: 16 bytes an entry.
package struct StoppedStore: Sendable {
    private let reader: StoreReader

    /// The actors of `kind` in the log on `disk`, which does not end before this does.
    package init(_ disk: any Disk, of kind: ActorKind) throws(JournalError) {
        let index = VolatileIndex()
        let isUnmade = try LogOpening.isUnmade(ReadOnlyDisk(disk))
        guard !isUnmade else {
            throw JournalError(.corrupt, "there is no store, or one whose making was interrupted")
        }
        let log = try LogOpening(on: ReadOnlyDisk(disk), LogConfiguration(), mayChange: false)
        let replay = IndexReplay(to: index, isTruncated: log.anchor.first > .start)
        let end = try log.replay(
            from: nil,
            restarting: {},
            boundary: { cursor throws(JournalError) in try replay.boundary(cursor) },
            visitor: { record throws(JournalError) in
                if record.head.address.kind == kind { try replay.visit(record) }
            }
        )
        try replay.flush()
        let segments = SegmentTable(log.segments, end: end.position)
        reader = StoreReader(index, segments, generation: log.anchor.generation)
    }

    /// The actors behind `address`, as many as one scan returns.
    package func actors(after address: ActorAddress?) throws(JournalError) -> [ActorSummary] {
        try reader.actors(after: address, unwritten: [:])
    }

    /// The entries behind `head`, as many as one read returns.
    package func entries(of address: ActorAddress, after head: Head) throws(JournalError) -> [PlacedEntry] {
        try reader.entries(of: address, after: head)
    }

    /// Where `address` stands and from what its next owner would begin, claimed by nobody.
    package func look(at address: ActorAddress) throws(JournalError) -> Claim {
        guard let row = try reader.index.row(of: address) else {
            return Claim(epoch: .none, head: .none, snapshot: nil)
        }
        return Claim(epoch: row.epoch, head: row.head, snapshot: try reader.snapshot(of: row, address))
    }
}
