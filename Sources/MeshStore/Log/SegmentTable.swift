internal import MeshActors
internal import MeshCore
internal import MeshWire

/// The segments in the order of their places; readers may look beside the writer.
final class SegmentTable: Sendable {
    private let content: Lock<[Segment]>

    init(_ segments: [Segment]) { content = Lock(segments) }

    var all: [Segment] { content.withLock { $0 } }

    /// The one that grows; there always is one.
    var last: Segment {
        content.withLock { segments in
            guard let last = segments.last else { preconditionFailure("a log has a segment") }
            return last
        }
    }

    func append(_ segment: Segment) { content.withLock { $0.append(segment) } }

    /// The segment in which `position` stands.
    func segment(of position: LogPosition) -> Segment? {
        content.withLock { segments in
            var (low, high) = (0, segments.count)
            while low < high {
                let middle = (low + high) / 2
                if segments[middle].base.position <= position { low = middle + 1 } else { high = middle }
            }
            return low == 0 ? nil : segments[low - 1]
        }
    }

    /// The beginning of the segment in which `position` stands or which begins there.
    func firstBase(atOrBefore position: LogPosition) -> LogPosition {
        segment(of: position)?.base.position ?? .start
    }

    var oldest: (base: LogPosition, end: LogPosition)? {
        content.withLock { segments in
            segments.count < 2 ? nil : (segments[0].base.position, segments[1].base.position)
        }
    }

    /// Forgets the segments before `position` and returns their names.
    func drop(before position: LogPosition) -> [String] {
        content.withLock { segments in
            let dropped = segments.prefix { $0.base.position < position }.map(\.name)
            segments.removeFirst(dropped.count)
            return dropped
        }
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
