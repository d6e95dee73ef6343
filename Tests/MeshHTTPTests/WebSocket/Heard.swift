import MeshCore
import MeshHTTP
import MeshTestKit

/// A conversation whose every step a test can look at: what cannot be copied cannot stand in `#expect`.
final class Talk {
    private var conversation: WebSocketConversation

    init() { conversation = WebSocketConversation(now: .origin) }

    var isOver: Bool { conversation.isOver }
    var isOpen: Bool { conversation.isOpen }
    var isIdle: Bool { conversation.isIdle }
    var nextDeadline: Instant? { conversation.nextDeadline }

    /// All events of `bytes`.
    func hear(_ bytes: [UInt8], now: Instant = .origin) -> [WebSocketEvent] {
        var events: [WebSocketEvent] = []
        var offset = 0
        bytes.withUnsafeBytes { bytes in
            while let event = conversation.nextEvent(in: bytes, from: &offset, now: now) { events.append(event) }
        }
        return events
    }

    /// The next event of `bytes`.
    func hearOne(_ bytes: [UInt8], from offset: inout Int) -> WebSocketEvent? {
        bytes.withUnsafeBytes { conversation.nextEvent(in: $0, from: &offset, now: .origin) }
    }

    func send(_ message: WebSocketMessage) -> Bool { conversation.send(message) }

    func close(_ code: WebSocketCloseCode, reason: String = "") {
        conversation.close(code, reason: reason, now: .origin)
    }

    func deadlineReached(now: Instant) -> WebSocketConversation.DeadlineReachedAction {
        conversation.deadlineReached(now: now)
    }

    /// Takes what waits to be sent.
    func output() -> [UInt8] {
        var output: [UInt8] = []
        conversation.takeOutput(&output)
        return output
    }
}

/// What a fresh conversation makes of bytes.
struct Heard {
    var events: [WebSocketEvent] = []
    let output: [UInt8]
    let isOver: Bool

    init(_ bytes: [UInt8], piece: Int = .max) {
        let talk = Talk()
        var rest = bytes[...]
        while !rest.isEmpty {
            events += talk.hear(Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
        output = talk.output()
        isOver = talk.isOver
    }

    /// The code of the goodbye at the end of the output.
    var closeCode: WebSocketCloseCode? {
        guard output.count >= 4, output[0] == 0x88 else { return nil }
        return WebSocketCloseCode(rawValue: UInt16(output[2]) << 8 | UInt16(output[3]))
    }
}
