internal import Glibc
internal import MeshCore
package import MeshIO

/// What the process of a node writes, line by line.
///
/// It is text and nothing else: a program that the node has started may hold the other end when the node has ended.
/// Confined to its loop.
package final class NodePipe: LoopHandler {
    private let loop: EventLoop
    private let descriptor: Int32
    private let line: (String) -> Void
    private var registration: LoopRegistration?
    private var rest: [UInt8] = []

    /// Reads `descriptor`, which is closed at its end, or by ``close()``; where this throws, it is still the caller's.
    package init(_ descriptor: Int32, on loop: EventLoop, line: @escaping (String) -> Void) throws(IOError) {
        self.loop = loop
        self.descriptor = descriptor
        self.line = line
        registration = try loop.register(descriptor, for: .readable, handler: self)
    }

    /// Called by the loop.
    package func ready(_ readiness: Readiness) { if read() == .atEnd { end() } }

    /// The process has ended: what it wrote last is read, and then nothing any more.
    package func close() {
        // No more than a pipe holds: somebody else may be writing still.
        for _ in 0..<Self.piecesInPipe { if read() != .some { break } }
        end()
    }

    private enum Found { case some, none, atEnd }
    private static let pieceBytes = 16 * 1_024
    private static let piecesInPipe = 64 * 1_024 / pieceBytes + 1

    private func read() -> Found {
        guard registration != nil else { return .atEnd }
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        let count = Glibc.read(descriptor, &piece, piece.count)
        if count > 0 {
            take(piece[..<count])
            return .some
        }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? .none : .atEnd
    }

    private func end() {
        guard let registration else { return }
        if !rest.isEmpty { take([UInt8(ascii: "\n")]) }
        loop.deregister(registration)
        self.registration = nil
        Glibc.close(descriptor)
    }

    private func take(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                line(String(decoding: rest, as: UTF8.self))
                rest.removeAll(keepingCapacity: true)
            } else if rest.count < Limits.Cluster.lineBytes {
                rest.append(byte)
            }
        }
    }
}
