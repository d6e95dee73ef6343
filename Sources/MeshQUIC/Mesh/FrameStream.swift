internal import MeshCore
internal import MeshWire

/// The frames of one stream, in either direction: what cuts what arrives, and puts headers before what leaves.
///
/// Confined to the loop. The peer may send more only as frames are taken.
final class FrameStream {
    let stream: QUICStream
    private var decoder = FrameDecoder()
    private var bytes: [UInt8] = []
    private var offset = 0

    init(_ stream: QUICStream) { self.stream = stream }

    /// The next whole frame; nil until more arrives.
    ///
    /// After an error every call throws it.
    func next() throws(WireError) -> Frame? {
        while true {
            if offset == bytes.count {
                bytes = stream.takeUncredited()
                offset = 0
                if bytes.isEmpty { return nil }
            }
            let (arrived, start) = (bytes, offset)
            defer { stream.credit(offset - start) }
            if let frame = try decoder.next(in: arrived.span.bytes, from: &offset) {
                stream.connection?.hasRead(frame.type)
                return frame
            }
        }
    }

    /// Bytes that are kept of a frame whose rest has not arrived, and that the peer was allowed to send again.
    var unfinishedBytes: Int { decoder.pendingBytes }

    /// Lets go of all that has arrived, and of what still comes.
    func discard() {
        decoder = FrameDecoder()
        (bytes, offset) = ([], 0)
        _ = stream.takeReceived()
    }

    /// Whether the peer has said its last, all of it was read, and it did not end inside a frame.
    var isAtEnd: Bool { isOver && decoder.isBetweenFrames }

    /// Whether nothing more comes.
    var isOver: Bool { stream.isAtEnd && offset == bytes.count }

    /// Sends a frame; returns whether there is room for another.
    @discardableResult
    func write(_ type: FrameType, _ payload: [UInt8], isLast: Bool = false) -> Bool {
        stream.connection?.hasWritten(type)
        return withUnsafeTemporaryAllocation(byteCount: Frame.headerBytes, alignment: 1) { header in
            header[0] = type.rawValue
            header.storeBytes(of: UInt32(payload.count).bigEndian, toByteOffset: 1, as: UInt32.self)
            return payload.withUnsafeBytes { stream.write(UnsafeRawBufferPointer(header), $0, isLast: isLast) }
        }
    }

    /// Sends a chunk of a stream of bytes: a ``StreamChunk``, whose bytes are copied once.
    func writeChunk(offset: UInt64, _ bytes: UnsafeRawBufferPointer) {
        stream.connection?.hasWritten(.streamChunk)
        var writer = WireWriter()
        writer.writeArrayHead(count: 2)
        writer.write(offset)
        var head = writer.array
        switch bytes.count {
        case ..<24: head.append(0x40 | UInt8(bytes.count))
        case ..<256: head += [0x58, UInt8(bytes.count)]
        default: head += [0x59, UInt8(bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)]
        }
        let length = UInt32(head.count + bytes.count).bigEndian
        let header = [FrameType.streamChunk.rawValue] + withUnsafeBytes(of: length) { Array($0) } + head
        header.withUnsafeBytes { _ = stream.write($0, bytes) }
    }

    /// Says why something was not done, as the last frame.
    func refuse(_ code: PeerErrorCode, _ message: String, retryAfterMilliseconds: UInt32? = nil) {
        let error = ErrorFrame(code: code, message: message, retryAfterMilliseconds: retryAfterMilliseconds)
        write(.error, error.wireBytes, isLast: true)
        stream.stopReading(code: MeshStreamCode.refused.rawValue)
    }
}
