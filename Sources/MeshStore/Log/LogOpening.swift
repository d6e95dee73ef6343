internal import MeshActors
internal import MeshCore

/// Finds the files of a log, decides whether they are one, and plays them back.
final class LogOpening {
    private let disk: any Disk
    private(set) var segments: [Segment] = []
    private(set) var anchor: Anchor
    let anchorFile: AnchorFile

    /// A write at the log's end that was not finished, if there is one.
    private(set) var torn: String?

    /// Whether the log is to be used, and not only looked at.
    private let mayChange: Bool

    /// Finds the log on `disk`; where there is none, one is made if it `mayChange` anything.
    init(on disk: any Disk, _ configuration: LogConfiguration, mayChange: Bool = true) throws(JournalError) {
        self.disk = disk
        self.mayChange = mayChange
        do throws(DiskError) {
            anchorFile = try AnchorFile(on: disk, creating: mayChange)
            anchor = anchorFile.current ?? Anchor(sequence: 0, generation: 0, first: .start, end: .start)
        } catch {
            throw .reading(AnchorFile.name, error)
        }
        try openSegments(configuration)
        try secureNames()
    }

    /// Makes the names of everything found safe.
    ///
    /// An earlier life may have made a file and failed to sync the folder: the operating system shows its name, a power
    /// cut would take it away, and with it what this life acknowledges in it.
    private func secureNames() throws(JournalError) {
        guard mayChange else { return }
        #if PLANTED_BUGS
        if PlantedBug.skipFolderSync.isOn { return }
        #endif
        do { try disk.syncFolder() } catch { throw .reading("the folder", error) }
    }

    private func openSegments(_ configuration: LogConfiguration) throws(JournalError) {
        let bases = try names().compactMap(Segment.position(in:)).sorted()
        if anchorFile.current == nil, try isNew(bases) == false {
            throw JournalError(.corrupt, "the anchor is missing or does not check, but there is a log")
        }
        for base in bases where base < anchor.first { try remove(base) }
        for base in bases where base >= anchor.first { try openSegment(at: base) }
        if segments.isEmpty {
            guard anchorFile.current?.end.position ?? .start == .start else {
                throw .corrupt(
                    anchor.end.position,
                    in: AnchorFile.name,
                    "acknowledged batches are gone: no log is there"
                )
            }
            guard mayChange else { throw JournalError(.corrupt, "there is no log") }
            try makeSegment(at: .start, configuration)
        } else if segments[0].base.position != anchor.first {
            throw .corrupt(anchor.first, in: Segment.name(of: anchor.first), "the log's first segment is missing")
        }
    }

    /// Whether `disk` holds no log, or one whose making was interrupted; it is not changed.
    static func isUnmade(_ disk: any Disk) throws(JournalError) -> Bool {
        do throws(DiskError) {
            let names = try disk.names()
            let hasAnchor = names.contains(AnchorFile.name)
            if hasAnchor, try AnchorFile(on: disk, creating: false).current != nil { return false }
            let bases = names.compactMap(Segment.position(in:))
            guard bases == [.start] else { return bases.isEmpty }
        } catch {
            throw .reading("the folder", error)
        }
        return try isEmpty(on: disk)
    }

    /// Whether nothing was ever acknowledged: no segment, or one whose making was interrupted, or an empty one.
    private func isNew(_ bases: [LogPosition]) throws(JournalError) -> Bool {
        guard !bases.isEmpty else { return true }
        guard bases == [.start] else { return false }
        return try Self.isEmpty(on: disk)
    }

    /// Whether there is nothing behind the header of the first segment.
    private static func isEmpty(on disk: any Disk) throws(JournalError) -> Bool {
        let (file, _) = try Segment.open(on: disk, at: .start)
        return try SegmentWindow(Segment(base: .start, file: file)).isZero(from: Segment.headerBytes)
    }

    private func openSegment(at base: LogPosition) throws(JournalError) {
        let name = Segment.name(of: base)
        let (file, header) = try Segment.open(on: disk, at: base)
        switch header {
        case .valid(let cursor) where cursor.position == base: segments.append(Segment(base: cursor, file: file))
        case .valid: throw .corrupt(base, in: name, "the header is that of another segment")
        case .version(let version):
            throw .corrupt(base, in: name, "format version \(version) is not known to this program")
        case .invalid:
            let segment = Segment(base: .start, file: file)
            // Not only the last: where there was no room for a new segment, the one before it took smaller batches.
            guard try SegmentWindow(segment).isZero(from: Segment.headerBytes) else {
                throw .corrupt(base, in: name, "the segment's header does not check")
            }
            try remove(base)  // its making was interrupted; it holds nothing
        }
    }

    private func makeSegment(at base: LogCursor, _ configuration: LogConfiguration) throws(JournalError) {
        let bytes = Segment.headerBytes + configuration.allocationStepBytes
        do throws(DiskError) {
            segments.append(try Segment.create(on: disk, at: base, allocating: bytes))
        } catch {
            throw .reading(Segment.name(of: base.position), error)
        }
    }

    private func names() throws(JournalError) -> [String] {
        do { return try disk.names() } catch { throw .reading("the folder", error) }
    }

    private func remove(_ base: LogPosition) throws(JournalError) {
        do { try disk.remove(Segment.name(of: base)) } catch { throw .reading(Segment.name(of: base), error) }
    }

    // MARK: Playing back

    /// Visits what stands behind `start`, cuts off what was never acknowledged, and returns the end.
    func replay(
        from start: LogCursor?,
        restarting: () throws(JournalError) -> Void,
        boundary: (LogCursor) throws(JournalError) -> Void,
        visitor: RecordVisitor
    ) throws(JournalError) -> LogCursor {
        if let start, start.position >= anchor.first, try liesOnTheWay(start) {
            return try replay(from: start, boundary: boundary, visitor: visitor)
        }
        if start != nil { try restarting() }
        return try replay(from: segments[0].base, boundary: boundary, visitor: visitor)
    }

    /// Whether the batch at `cursor` continues that very hash, or the log ends there.
    private func liesOnTheWay(_ cursor: LogCursor) throws(JournalError) -> Bool {
        if cursor.position >= anchor.end.position { return try passes(cursor) }
        guard let segment = segments.last(where: { $0.base.position <= cursor.position }) else { return false }
        if segment.base == cursor { return true }
        let window = try SegmentWindow(segment)
        let offset = segment.offset(of: cursor.position)
        if offset < window.size {
            let bytes = try window.bytes(at: offset, BatchHeader.byteCount)
            if let header = BatchHeader(bytes) {
                return header.position == cursor.position && header.hashBefore == cursor.hash
            }
        }
        if let next = segments.first(where: { $0.base.position == cursor.position }) { return next.base == cursor }
        return false
    }

    /// Whether the log passes `cursor`, which lies behind the last acknowledged end that the anchor knows.
    ///
    /// An index follows the log: where it stands the log has been durable, and a shorter log has lost something.
    private func passes(_ cursor: LogCursor) throws(JournalError) -> Bool {
        var last = anchor.end
        var isMet = false
        for segment in segments[(segments.lastIndex { $0.base.position <= last.position } ?? 0)...] {
            guard segment.base.position <= last.position else { break }
            var scan = try SegmentScan(segment, from: last)
            _ = try scan.run(record: { _ in }, boundary: { if $0 == cursor { isMet = true } })
            last = scan.cursor
        }
        guard last.position >= cursor.position else {
            throw .corrupt(last.position, in: "the log", "ends here, but was acknowledged up to \(cursor.position)")
        }
        return isMet
    }

    private func replay(
        from start: LogCursor,
        boundary: (LogCursor) throws(JournalError) -> Void,
        visitor: RecordVisitor
    ) throws(JournalError) -> LogCursor {
        var cursor = start
        var hasMetAnchor = start.position > anchor.end.position
        for (index, segment) in segments.enumerated() {
            if index + 1 < segments.count, segments[index + 1].base.position <= start.position { continue }
            if segment.base.position > start.position, segment.base != cursor {
                throw .corrupt(cursor.position, in: segment.name, "the segment does not continue the one before it")
            }
            var scan = try SegmentScan(segment, from: cursor)
            let ending = try scan.run(record: visitor) { place throws(JournalError) in
                if place.position == anchor.end.position {
                    guard place == anchor.end else {
                        throw .corrupt(place.position, in: segment.name, "the log is not the one that was acknowledged")
                    }
                    hasMetAnchor = true
                }
                try boundary(place)
            }
            cursor = scan.cursor
            try finish(segment, at: cursor, ending, isLast: index + 1 == segments.count)
        }
        guard hasMetAnchor else {
            throw .corrupt(
                cursor.position,
                in: segments[segments.count - 1].name,
                "the log ends here, but was acknowledged up to \(anchor.end.position)"
            )
        }
        return cursor
    }

    private func finish(
        _ segment: Segment,
        at cursor: LogCursor,
        _ ending: SegmentScan.Ending,
        isLast: Bool
    ) throws(JournalError) {
        switch ending {
        case .clean: break
        case .corrupt(let problem): throw .corrupt(cursor.position, in: segment.name, problem)
        case .torn(let problem):
            guard isLast, cursor.position >= anchor.end.position else {
                throw .corrupt(cursor.position, in: segment.name, "\(problem), although it was acknowledged")
            }
            torn = problem
            try cut(segment, at: cursor)
        }
        guard mayChange, isLast || cursor.position > anchor.end.position else { return }
        do throws(DiskError) {
            try rewrite(segment, upTo: segment.offset(of: cursor.position))
            try segment.file.sync()
        } catch {
            throw .reading(segment.name, error)
        }
    }

    /// Writes again what stands behind the anchor's end.
    ///
    /// A sync of an earlier life may have failed: then the operating system still shows what never reached the disk,
    /// takes it for clean, and a sync alone would leave it so.
    private func rewrite(_ segment: Segment, upTo end: Int) throws(DiskError) {
        #if PLANTED_BUGS
        if PlantedBug.trustPageCache.isOn { return }
        #endif
        let isBehind = segment.base.position >= anchor.end.position
        var offset = isBehind ? 0 : segment.offset(of: anchor.end.position)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
        defer { buffer.deallocate() }
        while offset < end {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, end - offset)])
            let count = try segment.file.read(into: part, at: offset)
            guard count > 0 else { return }
            try segment.file.write(UnsafeRawBufferPointer(rebasing: part[..<count]), at: offset)
            offset += count
        }
    }

    /// Makes everything behind `cursor` zero.
    private func cut(_ segment: Segment, at cursor: LogCursor) throws(JournalError) {
        do throws(DiskError) {
            let size = try segment.file.size()
            try segment.file.truncate(to: segment.offset(of: cursor.position))
            try segment.file.allocate(size)
        } catch {
            throw .reading(segment.name, error)
        }
    }
}
