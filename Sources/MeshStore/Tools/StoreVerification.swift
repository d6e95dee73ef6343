package import MeshActors
internal import MeshCore

/// What a verification found.
package struct VerificationReport: Hashable, Sendable {
    /// What is wrong, each with the record or the file that is meant; empty for a sound store.
    package var faults: [String] = []

    /// What is not as it should be, but costs nothing: a write that was never acknowledged, an index to be made again.
    package var remarks: [String] = []

    /// How many segments, batches, records, actors and entries there are.
    package var segments = 0
    /// How many batches there are.
    package var batches = 0
    /// How many records there are.
    package var records = 0
    /// How many actors there are.
    package var actors = 0
    /// How many entries the actors have.
    package var entries: UInt64 = 0

    /// Bytes of batches.
    package var bytes: UInt64 = 0

    /// Whether a node may serve this store.
    package var isSound: Bool { faults.isEmpty }
}

/// Checks a store that nobody has open, without changing it.
///
/// It never traps on what it reads of the log and the anchor. LMDB may, on a damaged index: whoever verifies an index
/// does it in a child process, and takes its crash for a fault of the index.
package enum StoreVerification {
    /// Checks anchor and log from the first byte to the last: checksums, order, hashes, every actor's chain.
    package static func verify(_ disk: any Disk) -> VerificationReport {
        var report = VerificationReport()
        do throws(JournalError) {
            try verify(disk, &report)
        } catch {
            report.faults.append(error.description)
        }
        return report
    }

    /// Checks anchor and log from the first byte to the last, all but the actors' own chains, in memory that does not
    /// grow with them: checksums, order, the chain of hashes through every batch and the end that was acknowledged.
    ///
    /// A store in which nothing was ever acknowledged passes, however little of it was made.
    package static func checkLog(_ disk: any Disk) throws(JournalError) {
        let disk = ReadOnlyDisk(disk)
        if try LogOpening.isUnmade(disk) { return }
        let log = try LogOpening(on: disk, LogConfiguration(), mayChange: false)
        _ = try log.replay(from: nil, restarting: {}, boundary: { _ in }, visitor: { _ in })
    }

    private static func verify(_ disk: any Disk, _ report: inout VerificationReport) throws(JournalError) {
        if try LogOpening.isUnmade(ReadOnlyDisk(disk)), (try? disk.names())?.isEmpty == false {
            report.remarks.append("its making was interrupted before anything was acknowledged; opening begins it anew")
            return
        }
        let index = VolatileIndex()
        let log = try LogOpening(on: ReadOnlyDisk(disk), LogConfiguration(), mayChange: false)
        report.segments = log.segments.count
        if log.anchorFile.soundSlots < 2 { report.remarks.append("one of the anchor's two slots does not check") }
        let replay = IndexReplay(to: index, isTruncated: log.anchor.first > .start)
        var (batches, records) = (-log.segments.count, 0)
        let end = try log.replay(
            from: nil,
            restarting: {},
            boundary: { cursor throws(JournalError) in
                batches += 1
                try replay.boundary(cursor)
            },
            visitor: { record throws(JournalError) in
                records += 1
                try replay.visit(record)
            }
        )
        try replay.flush()
        (report.batches, report.records) = (batches, records)
        report.bytes = end.position.rawValue - log.anchor.first.rawValue
        if let torn = log.torn { report.remarks.append("\(torn); it was never acknowledged and will be cut off") }
        for (_, row) in try index.rows(after: nil, limit: .max) {
            report.actors += 1
            report.entries &+= row.head.rawValue
        }
    }

    /// Plays the log up to where the index stands and compares every row and every place that is needed: those behind
    /// its snapshot, and all of an actor whose history is kept.
    package static func compare(
        _ index: any LogIndex,
        with disk: any Disk,
        keepingHistoryOf kinds: Set<ActorKind> = []
    ) throws(JournalError) {
        guard let applied = index.applied else { return }
        let expected = VolatileIndex()
        let log = try LogOpening(on: ReadOnlyDisk(disk), LogConfiguration(), mayChange: false)
        let replay = IndexReplay(to: expected, isTruncated: log.anchor.first > .start)
        var hasPassed = false
        _ = try log.replay(
            from: nil,
            restarting: {},
            boundary: { cursor throws(JournalError) in
                guard !hasPassed else { return }
                try replay.boundary(cursor)
                if cursor == applied { hasPassed = true }
            },
            visitor: { record throws(JournalError) in if !hasPassed { try replay.visit(record) } }
        )
        try replay.flush()
        guard hasPassed else { throw JournalError(.corrupt, "it does not follow this log") }
        try compareRows(index, expected, kinds)
        try compareWakes(index, expected)
    }

    private static func compareRows(
        _ index: any LogIndex,
        _ expected: VolatileIndex,
        _ kinds: Set<ActorKind>
    ) throws(JournalError) {
        var wanted = try expected.rows(after: nil, limit: .max)[...]
        var last: ActorAddress?
        while true {
            let found = try index.rows(after: last, limit: Limits.Journal.maximumActorsScanned)
            let part = wanted.prefix(Limits.Journal.maximumActorsScanned)
            guard found.elementsEqual(part, by: { $0 == $1 }) else { throw JournalError(.corrupt, "a row differs") }
            if found.isEmpty { return }
            for (address, row) in found {
                let head = kinds.contains(address.kind) ? .none : row.snapshotHead
                let places = try index.places(of: address, after: head, limit: .max)
                guard places == (try expected.places(of: address, after: head, limit: .max)) else {
                    throw JournalError(.corrupt, "the places of \(address) differ")
                }
            }
            last = found.last?.address
            wanted = wanted.dropFirst(found.count)
        }
    }

    /// Both lists are in the order of their marks: one walk through each.
    private static func compareWakes(_ index: any LogIndex, _ expected: VolatileIndex) throws(JournalError) {
        let end = WallTime(millisecondsSince1970: .max)
        var wanted = try expected.rowsToWake(until: end, after: nil, limit: .max)[...]
        var mark: WakeMark?
        while true {
            let found = try index.rowsToWake(until: end, after: mark, limit: Limits.Journal.maximumActorsScanned)
            let part = wanted.prefix(Limits.Journal.maximumActorsScanned)
            guard found.elementsEqual(part, by: { $0 == $1 }) else { throw JournalError(.corrupt, "a wake differs") }
            guard let last = found.last else { return }
            mark = last.row.wake.map { WakeMark($0, last.address) }
            wanted = wanted.dropFirst(found.count)
        }
    }
}
