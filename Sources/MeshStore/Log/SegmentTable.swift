internal import MeshActors
internal import MeshCore
internal import MeshWire

/// The segments in the order of their places, and where the durable log ends; readers look beside the writer.
final class SegmentTable: Sendable {
    private struct Content {
        var segments: [Segment]
        var end: LogPosition
        var drops = 0
    }

    private let content: Lock<Content>

    init(_ segments: [Segment], end: LogPosition) { content = Lock(Content(segments: segments, end: end)) }

    /// What can be read at this moment, and stays readable whatever is dropped meanwhile.
    var view: SegmentView { content.withLock { SegmentView(segments: $0.segments, end: $0.end) } }

    var all: [Segment] { content.withLock { $0.segments } }

    /// How often segments have been dropped: whoever found a place before that may have to look it up again.
    var drops: Int { content.withLock { $0.drops } }

    /// The one that grows; there always is one.
    var last: Segment {
        content.withLock { content in
            guard let last = content.segments.last else { preconditionFailure("a log has a segment") }
            return last
        }
    }

    func append(_ segment: Segment) { content.withLock { $0.segments.append(segment) } }

    /// Lets readers see what is durable up to `end`.
    func advance(to end: LogPosition) { content.withLock { $0.end = end } }

    /// The beginning of the segment in which `position` stands or which begins there.
    func firstBase(atOrBefore position: LogPosition) -> LogPosition {
        view.segment(of: position)?.base.position ?? .start
    }

    /// Forgets the segments before `position` and returns their names.
    func drop(before position: LogPosition) -> [String] {
        content.withLock { content in
            let dropped = content.segments.prefix { $0.base.position < position }.map(\.name)
            content.segments.removeFirst(dropped.count)
            content.drops += 1
            return dropped
        }
    }
}

/// The log as it stood at one moment: it holds its files open, so that removing them takes nothing from its reader.
struct SegmentView: Sendable {
    /// The segments in the order of their places.
    let segments: [Segment]

    /// Where the durable log ended.
    let end: LogPosition

    /// The segment in which `position` stands.
    func segment(of position: LogPosition) -> Segment? {
        var (low, high) = (0, segments.count)
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].base.position <= position { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : segments[low - 1]
    }

    /// The record whose frame stands at `position`.
    func record(at position: LogPosition) throws(JournalError) -> StoreRecord {
        guard position < end, let segment = segment(of: position) else {
            throw JournalError(.corrupt, "an index names log position \(position.rawValue), where there is no record")
        }
        return try segment.record(at: position)
    }
}

extension Segment {
    /// The record whose frame stands at `position`.
    func record(at position: LogPosition) throws(JournalError) -> StoreRecord {
        let offset = offset(of: position)
        var buffer = [UInt8](repeating: 0, count: Self.usualRecordBytes)
        var count = try read(into: &buffer, at: offset)
        guard count >= StoreRecord.frameBytes else { throw .corrupt(position, in: name, "there is no record") }
        let length = StoreRecord.frameBytes + Int(buffer.withUnsafeBytes { $0.integer(at: 0, as: UInt32.self) })
        guard length <= StoreRecord.frameBytes + Limits.Store.maximumRecordBytes else {
            throw .corrupt(position, in: name, "a record's length does not check")
        }
        if length > count {
            buffer = [UInt8](repeating: 0, count: length)
            count = try read(into: &buffer, at: offset)
        }
        let decoded: Result<StoreRecord, WireError>? = buffer.withUnsafeBytes { bytes in
            guard let body = RecordFrame.body(bytes.part(0..<count)) else { return nil }
            return Result { () throws(WireError) in try StoreRecord(body: body) }
        }
        switch decoded {
        case .success(let record): return record
        case .failure(let error): throw .corrupt(position, in: name, "a record cannot be read", cause: error)
        case nil: throw .corrupt(position, in: name, "a record does not check")
        }
    }

    private func read(into buffer: inout [UInt8], at offset: Int) throws(JournalError) -> Int {
        do throws(DiskError) {
            return try withBytes(&buffer) { bytes throws(DiskError) in try file.read(into: bytes, at: offset) }
        } catch {
            throw .reading(name, error)
        }
    }

    private static let usualRecordBytes = 1_024
}
