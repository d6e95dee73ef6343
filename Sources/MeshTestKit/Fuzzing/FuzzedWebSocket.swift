internal import MeshCore
internal import MeshHTTP

/// The target `web-socket`: what a client may send behind the handshake.
///
/// The promises: however the bytes are cut, the same happens; what we answer is frames that a client may read; a
/// message that came in goes out, and comes in masked, as the same message. The first byte says how the rest is cut.
enum FuzzedWebSocket {
    static func check(_ input: UnsafeRawBufferPointer) {
        guard let first = input.first else { return }
        let bytes = Array(input.dropFirst())
        let whole = outcome(of: bytes, piece: max(1, bytes.count))
        precondition(outcome(of: bytes, piece: Int(first) + 1) == whole, "cutting the bytes elsewhere changed them")
        precondition(outcome(of: bytes, piece: 1) == whole, "cutting the bytes everywhere changed them")
        checkAnswers(whole)
        for case .message(let message) in whole.events {
            precondition(sent(message) == message, "a message changes on its way out")
            precondition(received(message, fragment: Int(first) + 1) == message, "a message changes on its way in")
        }
    }

    private struct Outcome: Equatable {
        var events: [WebSocketEvent] = []
        var output: [UInt8] = []
        var isOver = false
    }

    private static func outcome(of bytes: [UInt8], piece: Int) -> Outcome {
        var conversation = WebSocketConversation(maximumMessageBytes: 4_096, now: .origin)
        var outcome = Outcome()
        for start in stride(from: 0, to: bytes.count, by: piece) {
            let part = Array(bytes[start..<min(start + piece, bytes.count)])
            part.withUnsafeBytes { part in
                var (offset, none) = (0, 0)
                let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
                while let event = conversation.nextEvent(in: part, from: &offset, now: .origin) {
                    outcome.events.append(event)
                    let held = conversation.nextEvent(in: nothing, from: &none, now: .origin)
                    precondition(held == nil, "an event has used bytes behind it")
                }
                precondition(offset == part.count, "bytes are left though there is no event")
            }
        }
        conversation.takeOutput(&outcome.output)
        outcome.isOver = conversation.isOver
        precondition((conversation.nextDeadline == nil) == outcome.isOver, "what is over waits for nothing")
        return outcome
    }

    /// At most one pong and one goodbye, in this order, short and unmasked; a goodbye where it is over.
    private static func checkAnswers(_ outcome: Outcome) {
        let reader = WebSocketFrames()
        var opcodes: [WebSocketOpcode] = []
        outcome.output.withUnsafeBytes { output in
            var offset = 0
            while case .piece(let piece) = reader.next(in: output, from: &offset) {
                precondition(piece.isFirst && piece.isLast && piece.head.isFinal, "an answer comes in parts")
                precondition(!piece.head.isMasked && piece.head.reserved == 0, "a client would refuse it")
                opcodes.append(piece.head.opcode)
            }
            precondition(offset == output.count && reader.isIdle, "the output ends inside a frame")
        }
        let expected: [[WebSocketOpcode]] = outcome.isOver ? [[.close]] : [[], [.pong]]
        precondition(expected.contains(opcodes), "the answers are \(opcodes)")
    }

    private static func sent(_ message: WebSocketMessage) -> WebSocketMessage? {
        var conversation = WebSocketConversation(now: .origin)
        var output: [UInt8] = []
        guard conversation.send(message) else { return nil }
        conversation.takeOutput(&output)
        let reader = WebSocketFrames()
        var payload: [UInt8] = []
        var opcode: WebSocketOpcode?
        output.withUnsafeBytes { output in
            var offset = 0
            while case .piece(let piece) = reader.next(in: output, from: &offset) {
                opcode = piece.head.opcode
                payload += piece.bytes
            }
        }
        switch opcode {
        case .text: return String(validating: payload, as: UTF8.self).map { .text($0) }
        case .binary: return .binary(payload)
        default: return nil
        }
    }

    private static func received(_ message: WebSocketMessage, fragment: Int) -> WebSocketMessage? {
        var conversation = WebSocketConversation(now: .origin)
        let bytes = MaskedFrames.bytes(of: message, fragment: fragment, maskingKey: 0x5A17_C3E8)
        return bytes.withUnsafeBytes { bytes in
            var offset = 0
            guard case .message(let message) = conversation.nextEvent(in: bytes, from: &offset, now: .origin) else {
                return nil
            }
            return message
        }
    }
}
