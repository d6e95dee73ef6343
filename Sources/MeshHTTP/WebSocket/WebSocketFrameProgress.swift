/// How much of a frame's bytes are there, and how many belong to it yet (RFC 6455 §5.2).
struct WebSocketFrameProgress {
    private var headSeen = 0
    /// Two bytes say how many there are.
    private var headBytes = 2
    private var lengthBytes = 0
    private var payloadLeft: UInt64 = 0

    /// Whether nothing of it is there.
    var isAtBegin: Bool { headSeen == 0 }

    /// Whether all of it is there.
    var isComplete: Bool { headSeen == headBytes && payloadLeft == 0 }

    /// How many bytes belong to the part of it that is known.
    var wantedBytes: Int { headSeen < headBytes ? headBytes - headSeen : Int(clamping: payloadLeft) }

    /// Takes `bytes`, of which there are no more than wanted.
    mutating func give(_ bytes: UnsafeRawBufferPointer) {
        guard headSeen < headBytes else {
            payloadLeft -= UInt64(bytes.count)
            return
        }
        for byte in bytes {
            switch headSeen {
            case 0: break
            case 1:
                let length = byte & 0x7F
                lengthBytes = length == 127 ? 8 : length == 126 ? 2 : 0
                headBytes = 2 + lengthBytes + (byte & 0x80 == 0 ? 0 : 4)
                payloadLeft = lengthBytes == 0 ? UInt64(length) : 0
            case ..<(2 + lengthBytes): payloadLeft = payloadLeft << 8 | UInt64(byte)
            default: break  // the mask
            }
            headSeen += 1
        }
    }
}
