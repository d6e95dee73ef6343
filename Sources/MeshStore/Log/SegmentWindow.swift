internal import MeshActors

/// Reads a segment from front to back through one buffer.
final class SegmentWindow {
    private let segment: Segment
    private var buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var filled = 0

    /// How long the file is.
    let size: Int

    init(_ segment: Segment) throws(JournalError) {
        self.segment = segment
        do { size = try segment.file.size() } catch { throw .reading(segment.name, error) }
        buffer = .allocate(byteCount: 1 << 20, alignment: 8)
    }

    deinit { buffer.deallocate() }

    /// At most `count` bytes from `offset`, fewer only at the end of the file; valid until the next call.
    func bytes(at offset: Int, _ count: Int) throws(JournalError) -> UnsafeRawBufferPointer {
        let count = max(0, min(count, size - offset))
        if offset < start || offset + count > start + filled { try fill(from: offset, atLeast: count) }
        let first = offset - start
        let available = min(count, filled - first)
        return UnsafeRawBufferPointer(rebasing: buffer[first..<first + available])
    }

    private func fill(from offset: Int, atLeast count: Int) throws(JournalError) {
        if count > buffer.count {
            buffer.deallocate()
            buffer = .allocate(byteCount: count, alignment: 8)
        }
        start = offset
        filled = 0
        do { filled = try segment.file.read(into: buffer, at: offset) } catch { throw .reading(segment.name, error) }
    }

    /// Whether nothing but zeros stands from `offset` to the end of the file.
    func isZero(from offset: Int) throws(JournalError) -> Bool { try firstNonzero(from: offset) == nil }

    /// Where the first byte stands that is not zero.
    func firstNonzero(from offset: Int) throws(JournalError) -> Int? {
        var offset = offset
        while offset < size {
            let piece = try bytes(at: offset, 4_096)
            if let found = piece.firstIndex(where: { $0 != 0 }) { return offset + found }
            guard !piece.isEmpty else { return nil }
            offset += piece.count
        }
        return nil
    }
}
