internal import MeshCore

/// One message on a stream: `type u8 | length u32 big-endian | payload`.
package struct Frame: Hashable, Sendable {
    /// What it is about.
    package let type: FrameType

    /// What it says.
    package let payload: [UInt8]

    /// A frame of `type` that says `payload`.
    package init(type: FrameType, payload: [UInt8]) {
        self.type = type
        self.payload = payload
    }

    /// Bytes in front of every payload.
    package static let headerBytes = 5

    /// The payload as the value that it spells.
    package func decode<Value: WireCodable>(as type: Value.Type = Value.self) throws(WireError) -> Value {
        try Value(wireBytes: payload)
    }
}

extension WireWriter {
    /// Appends a frame whose payload is `value`, for a peer that reads payloads up to `peerMaximum` bytes.
    ///
    /// Beyond that bound, or that of the type, it throws and leaves the writer as it was.
    package mutating func writeFrame(
        _ type: FrameType,
        _ value: borrowing some WireCodable,
        peerMaximum: Int = Limits.Frame.maximumPayloadBytes
    ) throws(WireError) {
        let start = openFrame(type)
        value.encode(into: &self)
        try closeFrame(type, openedAt: start, peerMaximum)
    }

    /// Appends a frame with `payload` as it is; for payloads that are not CBOR.
    package mutating func writeFrame(
        _ type: FrameType,
        payload: [UInt8],
        peerMaximum: Int = Limits.Frame.maximumPayloadBytes
    ) throws(WireError) {
        let start = openFrame(type)
        payload.withUnsafeBytes { append($0) }
        try closeFrame(type, openedAt: start, peerMaximum)
    }

    private mutating func openFrame(_ type: FrameType) -> Int {
        let start = count
        append(type.rawValue)
        append(UInt32(0))  // the length, known when the frame is closed
        return start
    }

    private mutating func closeFrame(_ type: FrameType, openedAt start: Int, _ peerMaximum: Int) throws(WireError) {
        let length = count - start - Frame.headerBytes
        let limit = min(type.registration?.maximumPayloadBytes ?? Limits.Frame.maximumPayloadBytes, peerMaximum)
        guard length <= limit else {
            truncate(to: start)
            throw WireError(.frameTooLarge, "a payload of \(length) bytes in \(type), limit \(limit)")
        }
        replace(at: start + 1, with: UInt32(length))
    }
}
