package import MeshHTTP

/// A test double: what the client of a WebSocket would write.
package enum MaskedFrames {
    /// One frame with `payload`, masked unless told otherwise.
    package static func frame(
        _ opcode: WebSocketOpcode,
        _ payload: [UInt8] = [],
        isFinal: Bool = true,
        maskingKey: UInt32? = 0x37FA_213D
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        let frames = WebSocketFrames()
        payload.withUnsafeBytes { frames.write(opcode, $0, isFinal: isFinal, maskingKey: maskingKey, to: &bytes) }
        return bytes
    }

    /// `message` in frames of `fragment` bytes.
    package static func bytes(of message: WebSocketMessage, fragment: Int, maskingKey: UInt32) -> [UInt8] {
        let (opcode, payload): (WebSocketOpcode, [UInt8]) =
            switch message {
            case .text(let text): (.text, Array(text.utf8))
            case .binary(let bytes): (.binary, bytes)
            }
        guard payload.count > fragment else { return frame(opcode, payload, maskingKey: maskingKey) }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: payload.count, by: fragment) {
            let end = min(start + fragment, payload.count)
            let opcode = start == 0 ? opcode : .continuation
            bytes += frame(opcode, Array(payload[start..<end]), isFinal: end == payload.count, maskingKey: maskingKey)
        }
        return bytes
    }
}
