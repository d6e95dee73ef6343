package import MeshActors
internal import MeshCore

/// The append-only log over a ``Disk``: synchronous, without threads and without a clock.
///
/// One owner calls it from one thread at a time; ``segments`` may be read beside that where the disk allows it. What
/// its files look like: docs/store-format.md.
package final class LogEngine {
    private let disk: any Disk
    private let configuration: LogConfiguration
    private let anchorFile: AnchorFile

    /// What readers see.
    let segments: SegmentTable
    private var allocated: Int
    private let ledger: StoreLedger
    private var failure: Failure? {
        didSet {
            if case .closed? = failure { return }
            if failure != nil { ledger.note { $0.condition = .failed } }
        }
    }

    /// The place behind the last durable batch.
    package private(set) var end: LogCursor {
        didSet { segments.advance(to: end.position) }
    }

    /// How often the store has been opened, this time included.
    package private(set) var generation: UInt64

    private enum Failure {
        case syncFailed(DiskError)
        case indexFailed(JournalError)
        case closed
    }

    /// Opens the log, or makes one in an empty folder, and hands every record behind `start` to `visitor`.
    ///
    /// `start` is where an index stands; the log refuses it (by starting from its beginning, after calling
    /// `restarting`) where it does not lie on its way. A write that was never acknowledged may be cut off.
    init(
        on disk: any Disk,
        _ configuration: LogConfiguration,
        _ opening: LogOpening,
        _ ledger: StoreLedger,
        from start: LogCursor?,
        restarting: () throws(JournalError) -> Void,
        boundary: (LogCursor) throws(JournalError) -> Void,
        visitor: RecordVisitor
    ) throws(JournalError) {
        self.disk = disk
        self.configuration = configuration
        self.ledger = ledger
        let end = try opening.replay(from: start, restarting: restarting, boundary: boundary, visitor: visitor)
        self.end = end
        segments = SegmentTable(opening.segments, end: end.position)
        anchorFile = opening.anchorFile
        generation = opening.anchor.generation + 1
        #if PLANTED_BUGS
        if PlantedBug.keepGeneration.isOn { generation = max(1, opening.anchor.generation) }
        #endif
        do {
            allocated = try segments.last.file.size()
            // Both slots, so that neither can take the generation back.
            for _ in 0..<2 {
                try anchorFile.write(
                    Anchor(sequence: 0, generation: generation, first: opening.anchor.first, end: end)
                )
            }
        } catch {
            throw JournalError(
                error.code == .noSpace ? .readOnly : .unknownOutcome,
                "the anchor cannot be written",
                cause: error
            )
        }
        noteAnchor()
    }

    private func noteAnchor() {
        let (first, end, generation) = (first, end.position, generation)
        ledger.note { statistics in
            (statistics.first, statistics.anchored) = (first, end)
            statistics.generation = generation
        }
    }

    /// Where the log begins.
    package var first: LogPosition { anchorFile.current?.first ?? .start }

    // MARK: Writing

    /// Makes `batch` durable at the log's end.
    ///
    /// Throws `readOnly` when there is no room (nothing happened, ask again later) and `unknownOutcome` when the disk
    /// failed; from then on everything is refused until the store is opened anew. Only what makes room by being written
    /// may use the reserve.
    package func append(_ batch: inout BatchBuilder, usingReserve: Bool = false) throws(JournalError) {
        try checkUsable()
        let (records, bytes) = (Int64(batch.recordCount), Int64(batch.batchBytes))
        do throws(JournalError) {
            try write(&batch, usingReserve: usingReserve)
        } catch {
            let isFull = error.code == .readOnly
            ledger.note { statistics in
                if isFull { statistics.refusedCommits += 1 } else { statistics.failedCommits += 1 }
                if isFull, statistics.condition == .serving { statistics.condition = .readOnly }
            }
            throw error
        }
        ledger.note { statistics in
            statistics.batchRecords.note(records)
            statistics.batchBytes.note(bytes)
            if statistics.condition == .readOnly { statistics.condition = .serving }
        }
    }

    /// Looks whether a log that had no room has some again, where nobody else would find out.
    package func lookForRoom() {
        guard ledger.condition == .readOnly, (try? checkUsable()) != nil else { return }
        guard (try? makeRoom(Self.usualBatchBytes)) != nil else { return }
        ledger.note { if $0.condition == .readOnly { $0.condition = .serving } }
    }

    private static let usualBatchBytes = 64 * 1_024

    private func write(_ batch: inout BatchBuilder, usingReserve: Bool) throws(JournalError) {
        let segment = try usingReserve ? makeRoomInReserve(batch.batchBytes) : makeRoom(batch.batchBytes)
        let offset = segment.offset(of: end.position)
        try batch.finished(at: end, offset: offset) { bytes, next throws(JournalError) in
            do throws(DiskError) {
                try segment.file.write(bytes, at: offset)
            } catch {
                try takeBack(bytes.count, at: offset, in: segment, error)
            }
            do throws(DiskError) {
                #if PLANTED_BUGS
                if PlantedBug.acknowledgeBeforeSync.isOn {
                    end = next
                    return
                }
                #endif
                try segment.file.sync()
            } catch {
                failure = .syncFailed(error)
                throw JournalError(.unknownOutcome, "syncing the log failed", cause: error)
            }
            end = next
        }
    }

    /// The last segment, where what it has been given suffices although nothing is kept behind the next `count` bytes.
    private func makeRoomInReserve(_ count: Int) throws(JournalError) -> Segment {
        let last = segments.last
        return last.offset(of: end.position) + count <= allocated ? last : try makeRoom(count)
    }

    /// The segment that takes the next `count` bytes, with zeros on real blocks where they and the reserve will stand.
    private func makeRoom(_ count: Int) throws(JournalError) -> Segment {
        let last = segments.last
        let offset = last.offset(of: end.position)
        do throws(DiskError) {
            if offset > Segment.headerBytes, offset - Segment.headerBytes + count > configuration.segmentBytes {
                let wanted = max(count + configuration.reserveBytes, configuration.allocationStepBytes)
                let step = Segment.headerBytes + wanted
                let segment = try Segment.create(on: disk, at: end, allocating: step)
                allocated = step
                segments.append(segment)
                return segment
            }
            try lengthen(last, to: offset + count + configuration.reserveBytes)
            return last
        } catch {
            guard error.code == .noSpace else {
                failure = .syncFailed(error)
                throw JournalError(.unknownOutcome, "the log cannot be lengthened", cause: error)
            }
            throw JournalError(.readOnly, "there is no room for the log", cause: error)
        }
    }

    /// Puts zeros on real blocks up to `end` at least, and further while there is room.
    private func lengthen(_ segment: Segment, to end: Int) throws(DiskError) {
        guard end > allocated else { return }
        let wanted = end + configuration.allocationStepBytes
        do throws(DiskError) {
            try segment.file.allocate(wanted)
            allocated = wanted
        } catch {
            // What it got before the room ended may do.
            allocated = max(allocated, (try? segment.file.size()) ?? 0)
            if error.code != .noSpace || end > allocated { throw error }
        }
    }

    /// A write failed: makes the place zero again, for half a batch must never stand before a whole one.
    private func takeBack(
        _ count: Int,
        at offset: Int,
        in segment: Segment,
        _ error: DiskError
    ) throws(JournalError) -> Never {
        do throws(DiskError) {
            let zeros = [UInt8](repeating: 0, count: count)
            try withBytes(zeros) { zeros throws(DiskError) in try segment.file.write(zeros, at: offset) }
            try segment.file.sync()
        } catch {
            failure = .syncFailed(error)
            throw JournalError(.unknownOutcome, "a write failed and could not be taken back", cause: error)
        }
        guard error.code == .noSpace else { throw JournalError(.unknownOutcome, "a write failed", cause: error) }
        throw JournalError(.readOnly, "there is no room for the log", cause: error)
    }

    /// Notes the present end outside the log, so that its loss would be seen.
    package func writeAnchor() throws(JournalError) {
        try checkUsable()
        guard let anchor = anchorFile.current, anchor.end != end else { return }
        try replaceAnchor(generation: generation, first: anchor.first)
    }

    /// Begins a new generation of epochs without opening the store anew.
    package func beginGeneration() throws(JournalError) {
        try checkUsable()
        generation += 1
        for _ in 0..<2 { try replaceAnchor(generation: generation, first: first) }
    }

    private func replaceAnchor(generation: UInt64, first: LogPosition) throws(JournalError) {
        do throws(DiskError) {
            try anchorFile.write(Anchor(sequence: 0, generation: generation, first: first, end: end))
        } catch {
            throw JournalError(.readOnly, "the anchor cannot be written", cause: error)
        }
        noteAnchor()
    }

    /// Drops the segments that end at or before `position`; their records must be of no use any more.
    package func drop(before position: LogPosition) throws(JournalError) {
        try checkUsable()
        let kept = segments.firstBase(atOrBefore: position)
        guard kept > first else { return }
        try replaceAnchor(generation: generation, first: kept)
        do throws(DiskError) {
            let names = segments.drop(before: kept)
            ledger.note { $0.segmentsDropped += UInt64(names.count) }
            for name in names { try disk.remove(name) }
            try disk.syncFolder()
        } catch {
            throw JournalError(.readOnly, "an old segment cannot be removed", cause: error)
        }
    }

    /// Refuses everything from now on, because what was made durable last is not in the index.
    func end(because error: JournalError) { failure = failure ?? .indexFailed(error) }

    /// Notes the end and refuses everything from then on.
    package func close() throws(JournalError) {
        defer { failure = failure ?? .closed }
        guard failure == nil else { return }
        try writeAnchor()
    }

    /// Lets somebody else open the folder; everything in it must be closed.
    func giveUpFolder() { disk.close() }

    private func checkUsable() throws(JournalError) {
        switch failure {
        case nil: return
        case .closed: throw JournalError(.closed, "the store has been closed")
        case .syncFailed(let error):
            throw JournalError(.failed, "the disk failed; the store must be opened anew", cause: error)
        case .indexFailed(let error):
            throw JournalError(.failed, "the index lost its place; the store must be opened anew", cause: error)
        }
    }

    /// What a copy of the log as it stands needs; copying it is for another thread.
    var copyable: LogCopy {
        LogCopy(view: segments.view, anchor: Anchor(sequence: 0, generation: generation, first: first, end: end))
    }

    // MARK: Looking back

    /// How many segments there are.
    package var segmentCount: Int { segments.all.count }
}
