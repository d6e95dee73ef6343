internal import MeshActors
internal import MeshCore
internal import MeshWire

/// One record as a scan meets it.
struct ScannedRecord {
    /// Where its frame stands.
    let position: LogPosition

    /// Which actor, which head.
    let head: RecordHead

    /// Its body; valid only while the visitor runs.
    let body: UnsafeRawBufferPointer
}

/// What a visitor of records may throw.
typealias RecordVisitor = (ScannedRecord) throws(JournalError) -> Void

/// Walks through the batches of one segment and decides what its end is.
struct SegmentScan {
    /// How the batches of a segment end.
    enum Ending: Equatable {
        /// With zeros, or with the file.
        case clean
        /// With a write that power or the process did not live to finish.
        case torn(String)
        /// With bytes that no interrupted write explains.
        case corrupt(String)
    }

    private let segment: Segment
    private let window: SegmentWindow

    /// The place behind the last batch that checks.
    private(set) var cursor: LogCursor

    init(_ segment: Segment, from cursor: LogCursor) throws(JournalError) {
        self.segment = segment
        self.cursor = cursor
        window = try SegmentWindow(segment)
    }

    /// Hands every record to `record` and every place between batches to `boundary`, up to the end.
    mutating func run(
        record: RecordVisitor,
        boundary: (LogCursor) throws(JournalError) -> Void
    ) throws(JournalError) -> Ending {
        try boundary(cursor)
        while true {
            let offset = segment.offset(of: cursor.position)
            let bytes = try window.bytes(at: offset, BatchHeader.byteCount)
            if bytes.count < BatchHeader.byteCount || bytes.isZero {
                return try window.isZero(from: offset) ? .clean : try endingWithoutHeader(at: offset)
            }
            guard let header = BatchHeader(bytes) else { return try endingWithoutHeader(at: offset) }
            guard header.position == cursor.position, header.hashBefore == cursor.hash else {
                return .corrupt("this batch does not follow the one before it")
            }
            let next = header.cursorBehind(bytes)
            if let ending = try read(header, at: offset, record: record) { return ending }
            cursor = next
            try boundary(cursor)
        }
    }

    /// Visits the records of one batch; returns how the segment ends if the batch does not check.
    private func read(_ header: BatchHeader, at offset: Int, record: RecordVisitor) throws(JournalError) -> Ending? {
        let batch = try window.bytes(at: offset, header.batchBytes)
        guard batch.count == header.batchBytes else { return try ending(of: header, batch, at: offset) }
        let content = batch.part(BatchHeader.byteCount..<BatchHeader.byteCount + header.contentBytes)
        let trailer = batch.part(BatchHeader.byteCount + header.contentBytes..<batch.count)
        guard BatchHeader.isTrailer(trailer), RecordFrame.isSound(content, header.checksum) else {
            return try ending(of: header, batch, at: offset)
        }
        var position = header.position.advanced(by: BatchHeader.byteCount)
        var rest = content
        for _ in 0..<header.recordCount {
            guard let body = RecordFrame.body(rest) else { return .corrupt("the record at \(position) does not check") }
            let head: RecordHead
            do throws(WireError) { head = try StoreRecord.head(of: body) } catch {
                return .corrupt("the record at \(position) cannot be read: \(error.message)")
            }
            try record(ScannedRecord(position: position, head: head, body: body))
            let length = StoreRecord.frameBytes + body.count
            rest = rest.part(length..<rest.count)
            position = position.advanced(by: length)
        }
        return rest.isEmpty ? nil : .corrupt("\(rest.count) bytes stand behind the last record of a batch")
    }

    // MARK: Torn or altered

    /// The batch at `offset` has a sound header and does not check.
    private func ending(
        of header: BatchHeader,
        _ batch: UnsafeRawBufferPointer,
        at offset: Int
    ) throws(JournalError) -> Ending {
        guard try somethingFollows(offset + header.batchBytes) == false else {
            return .corrupt("a batch does not check, and bytes follow it")
        }
        return lacksPart(batch, at: offset, wanted: header.batchBytes, zeroSectors: header.zeroSectors)
            ? .torn("a batch was not written to its end") : .corrupt("a batch does not check")
    }

    /// There is no sound header at `offset`, but something other than zeros at or behind it.
    private func endingWithoutHeader(at offset: Int) throws(JournalError) -> Ending {
        var at = offset
        while at + BatchHeader.byteCount <= window.size {
            guard let found = try window.firstNonzero(from: at) else { break }
            at = max(at, found)
            let bytes = try window.bytes(at: at, BatchHeader.byteCount)
            // What an event holds may look like a header, with any position.
            if let header = BatchHeader(bytes), header.position == cursor.position.advanced(by: at - offset) {
                return .corrupt("no batch begins here, but one follows at \(header.position)")
            }
            at += 1
        }
        let bytes = try window.bytes(at: offset, BatchHeader.byteCount)
        return lacksPart(bytes, at: offset, wanted: BatchHeader.byteCount)
            ? .torn("the header of a batch was not written") : .corrupt("the header of a batch does not check")
    }

    private func somethingFollows(_ offset: Int) throws(JournalError) -> Bool {
        offset < window.size ? try window.isZero(from: offset) == false : false
    }

    /// Whether an interrupted write explains `bytes`: a disk writes whole sectors, and what it did not write is zero.
    ///
    /// Every batch and every header ends with bytes that are never zero, so that a write cut anywhere shows; and a
    /// header says how many sectors of its batch are zero by themselves, so that they explain no damage.
    private func lacksPart(
        _ bytes: UnsafeRawBufferPointer,
        at offset: Int,
        wanted: Int,
        zeroSectors: Int = 0
    ) -> Bool {
        guard bytes.count == wanted, bytes.last != 0 else { return true }
        return bytes.zeroSectors(at: offset) > zeroSectors
    }
}

/// The frame around a record's body.
enum RecordFrame {
    /// The body of the record at the beginning of `bytes`; nil where it does not check.
    static func body(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard bytes.count >= StoreRecord.frameBytes else { return nil }
        let length = Int(bytes.integer(at: 0, as: UInt32.self))
        guard length <= Limits.Store.maximumRecordBytes, bytes.count >= StoreRecord.frameBytes + length else {
            return nil
        }
        let body = bytes.part(StoreRecord.frameBytes..<StoreRecord.frameBytes + length)
        return isSound(body, bytes.integer(at: 4)) ? body : nil
    }

    /// Whether `bytes` are those of which `checksum` was taken.
    static func isSound(_ bytes: UnsafeRawBufferPointer, _ checksum: UInt32) -> Bool {
        #if PLANTED_BUGS
        if PlantedBug.skipChecksums.isOn { return true }
        #endif
        return CRC32C.checksum(bytes) == checksum
    }
}
