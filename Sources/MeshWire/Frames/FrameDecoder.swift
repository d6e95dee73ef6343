internal import MeshCore

/// Cuts a stream of bytes into frames, however the bytes arrive.
///
///     header ──5 bytes──▶ payload(type, length) ──length bytes──▶ header      a frame comes out
///        │                                                          ▲
///        ├──optional type, unknown──▶ skipping(left) ───────────────┘         nothing is kept
///        └──critical type unknown, or length beyond a bound──▶ failed         for good
///
/// It holds at most one frame within the bounds of its type, and never a byte of a payload that it will refuse or skip.
package struct FrameDecoder: ~Copyable {
    private enum Stage {
        case header
        case payload(FrameType, length: Int)
        case skipping(left: Int)
        case failed(WireError)
    }

    private var stage = Stage.header
    private var pending: [UInt8] = []
    private let maximumPayloadBytes: Int

    /// A decoder at the beginning of a stream on which this node stated `maximumPayloadBytes` in its hello.
    package init(maximumPayloadBytes: Int = Limits.Frame.maximumPayloadBytes) {
        self.maximumPayloadBytes = min(maximumPayloadBytes, Limits.Frame.maximumPayloadBytes)
    }

    /// Bytes of a frame that is not there as a whole.
    package var pendingBytes: Int { pending.count }

    /// Whether the stream may end here without cutting a frame in two.
    package var isBetweenFrames: Bool {
        switch stage {
        case .header: pending.isEmpty
        case .payload, .skipping, .failed: false
        }
    }

    /// Takes the next frame from the front of `bytes` and moves `offset` past what was used.
    ///
    /// Returns nil when all of `bytes` is used and the next frame is not complete. After an error every call throws it.
    package mutating func next(in bytes: borrowing RawSpan, from offset: inout Int) throws(WireError) -> Frame? {
        while true {
            switch stage {
            case .header:
                guard let (type, length) = takeHeader(of: bytes, from: &offset) else { return nil }
                try open(type, length: length)
            case .payload(let type, let length):
                guard let payload = take(length, of: bytes, from: &offset) else { return nil }
                stage = .header
                return Frame(type: type, payload: payload)
            case .skipping(let left):
                let skipped = min(left, bytes.byteCount - offset)
                offset += skipped
                guard skipped == left else {
                    stage = .skipping(left: left - skipped)
                    return nil
                }
                stage = .header
            case .failed(let error):
                throw error
            }
        }
    }

    private mutating func open(_ type: FrameType, length: Int) throws(WireError) {
        guard let registration = type.registration else {
            guard !type.isCritical else {
                throw fail(WireError(.unknownFrameType, "\(type) is critical and not known here"))
            }
            try check(length, of: type, against: maximumPayloadBytes)
            stage = .skipping(left: length)
            return
        }
        try check(length, of: type, against: min(registration.maximumPayloadBytes, maximumPayloadBytes))
        stage = .payload(type, length: length)
    }

    private mutating func check(_ length: Int, of type: FrameType, against limit: Int) throws(WireError) {
        guard length <= limit else {
            throw fail(WireError(.frameTooLarge, "a payload of \(length) bytes in \(type), limit \(limit)"))
        }
    }

    private mutating func fail(_ error: WireError) -> WireError {
        pending = []
        stage = .failed(error)
        return error
    }

    /// The next header, without a copy where it lies in one piece.
    private mutating func takeHeader(of bytes: borrowing RawSpan, from offset: inout Int) -> (FrameType, length: Int)? {
        if pending.isEmpty && bytes.byteCount - offset >= Frame.headerBytes {
            defer { offset += Frame.headerBytes }
            return Self.header(bytes.extracting(offset..<offset + Frame.headerBytes))
        }
        guard let header = take(Frame.headerBytes, of: bytes, from: &offset) else { return nil }
        return Self.header(header.span.bytes)
    }

    private static func header(_ bytes: borrowing RawSpan) -> (FrameType, length: Int) {
        let type = bytes.unsafeLoad(as: UInt8.self)
        let length = UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 1, as: UInt32.self))
        return (FrameType(rawValue: type), length: Int(length))
    }

    /// `count` bytes in one piece, from what was kept and then from `bytes`; otherwise keeps all there is.
    private mutating func take(_ count: Int, of bytes: borrowing RawSpan, from offset: inout Int) -> [UInt8]? {
        let used = min(count - pending.count, bytes.byteCount - offset)
        let piece = bytes.extracting(offset..<offset + used)
        offset += used
        if pending.isEmpty && used == count { return piece.withUnsafeBytes { Array($0) } }
        piece.withUnsafeBytes { pending.append(contentsOf: $0) }
        guard pending.count == count else { return nil }
        defer { pending = [] }
        return pending
    }
}
