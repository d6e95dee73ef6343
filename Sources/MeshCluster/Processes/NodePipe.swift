internal import Glibc
internal import MeshCore
internal import MeshIO

/// What the process of a node writes, line by line.
///
/// Confined to its loop, which keeps it until the other end is closed.
final class NodePipe: LoopHandler {
    private let loop: EventLoop
    private let descriptor: Int32
    private let line: (String) -> Void
    private let closed: () -> Void
    private var registration: LoopRegistration?
    private var rest: [UInt8] = []

    /// Reads `descriptor`, and closes it at its end, of which `closed` is told.
    init(
        _ descriptor: Int32,
        on loop: EventLoop,
        line: @escaping (String) -> Void,
        closed: @escaping () -> Void
    ) throws(IOError) {
        self.loop = loop
        self.descriptor = descriptor
        self.line = line
        self.closed = closed
        registration = try loop.register(descriptor, for: .readable, handler: self)
    }

    func ready(_ readiness: Readiness) {
        var piece = [UInt8](repeating: 0, count: 16_384)
        let count = read(descriptor, &piece, piece.count)
        if count > 0 { return take(piece[..<count]) }
        guard count == 0 || errno != EAGAIN && errno != EINTR else { return }
        if !rest.isEmpty { take([UInt8(ascii: "\n")]) }
        if let registration { loop.deregister(registration) }
        registration = nil
        close(descriptor)
        closed()
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
