internal import MeshActors
internal import MeshCore

/// The log as it stood at one moment, to be copied while it goes on growing.
///
/// What stands before a durable end never changes, and the view keeps dropped segments readable.
struct LogCopy: Sendable {
    let view: SegmentView
    let anchor: Anchor

    /// Writes the log and, last, its anchor to the empty `target`: what is cut short is no store.
    func write(to target: any Disk) throws(JournalError) {
        do throws(DiskError) {
            guard try target.names().isEmpty else { throw DiskError(.failed, "the target is not empty") }
            for (index, segment) in view.segments.enumerated() {
                let next = index + 1 < view.segments.count ? view.segments[index + 1].base.position : view.end
                let file = try target.open(segment.name, creating: true)
                try copy(segment, bytes: segment.offset(of: next), to: file)
            }
            try target.syncFolder()
            let anchorFile = try AnchorFile(on: target, creating: true)
            for _ in 0..<2 { try anchorFile.write(anchor) }
            try target.syncFolder()
        } catch {
            let code: JournalErrorCode = error.code == .noSpace ? .readOnly : .unknownOutcome
            throw JournalError(code, "copying failed: \(error.message)", cause: error)
        }
    }

    private func copy(_ segment: Segment, bytes: Int, to file: any DiskFile) throws(DiskError) {
        var buffer = [UInt8](repeating: 0, count: Self.pieceBytes)
        var offset = 0
        while offset < bytes {
            let place = offset
            offset += try withBytes(&buffer) { buffer throws(DiskError) in
                let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, bytes - place)])
                let count = try segment.file.read(into: piece, at: place)
                try file.write(UnsafeRawBufferPointer(rebasing: piece[..<count]), at: place)
                return count
            }
            guard offset > place else { throw DiskError(.failed, "'\(segment.name)' ends too early") }
            // Piece by piece: all at once it would stand before the log's own syncs in the disk's queue.
            try file.sync()
        }
    }

    private static let pieceBytes = 1_024 * 1_024
}
