internal import MeshCore

/// Puts pieces of frames together to messages and control frames, and sees to the rules that wslay's frames do not.
///
/// wslay refuses lengths in a longer form than needed and control frames that are long or in parts. Masks, reserved
/// bits, opcodes, the order of parts, sizes and UTF-8 are looked at here.
struct WebSocketAssembly {
    /// What a piece has completed.
    enum Outcome {
        case none
        case message(WebSocketMessage)
        case control(WebSocketOpcode, [UInt8])
        case violation(WebSocketViolation)
    }

    private struct Message {
        let isText: Bool
        let deadline: Instant
        var bytes: [UInt8] = []
        var fragments = 0
    }

    private let maximumBytes: Int
    private var message: Message?
    private var control: [UInt8] = []

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Whether part of a message is here.
    var isUnderWay: Bool { message != nil }

    /// When the message under way must be complete.
    var deadline: Instant? { message?.deadline }

    mutating func add(_ piece: WebSocketFrames.Piece, now: Instant) -> Outcome {
        if piece.isFirst, let violation = begin(piece.head, now: now) { return .violation(violation) }
        if piece.head.opcode.isControl {
            control.append(contentsOf: piece.bytes)
            guard piece.isLast else { return .none }
            defer { control = [] }
            return .control(piece.head.opcode, control)
        }
        message?.bytes.append(contentsOf: piece.bytes)
        guard piece.isLast, piece.head.isFinal, let complete = message else { return .none }
        message = nil
        guard complete.isText else { return .message(.binary(complete.bytes)) }
        guard let text = String(validating: complete.bytes, as: UTF8.self) else { return .violation(.notUTF8) }
        return .message(.text(text))
    }

    private mutating func begin(_ head: WebSocketFrames.Head, now: Instant) -> WebSocketViolation? {
        guard head.isMasked else { return .unmasked }
        guard head.reserved == 0 else { return .reservedBit }
        switch head.opcode {
        case .close, .ping, .pong: return head.isFinal && head.payloadBytes <= 125 ? nil : .malformedFrame
        case .continuation: guard message != nil else { return .brokenSequence }
        case .text, .binary:
            guard message == nil else { return .brokenSequence }
            message = Message(isText: head.opcode == .text, deadline: now + Limits.WebSocket.messageTimeout)
        default: return .unknownOpcode
        }
        let count = message?.bytes.count ?? 0
        guard head.payloadBytes <= UInt64(max(0, maximumBytes - count)) else { return .tooLarge }
        message?.fragments += 1
        guard message?.fragments ?? 0 <= Limits.WebSocket.maximumFragments else { return .tooMany }
        message?.bytes.reserveCapacity(count + min(Int(head.payloadBytes), Self.reservedBytes))
        return nil
    }

    /// Room made at once for a frame; what it says beyond comes with its bytes.
    private static let reservedBytes = 16_384
}
