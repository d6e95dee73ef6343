package import MeshCore

/// The server's side of a WebSocket (RFC 6455), from bytes to events and from messages to bytes.
///
///     open ──close──▶ closing(deadline) ──goodbye, violation──▶ over
///      │                    └──deadlineReached──▶ over, abandoned
///      └──goodbye, violation, message too slow──▶ over;  no answer to a ping──▶ over, abandoned
///
/// Whoever drives it moves bytes: they go in through ``nextEvent(in:from:now:)``; after each call ``takeOutput(_:)``
/// gives what is to be sent; where ``isOver``, the connection ends behind it. It holds one message under way at most,
/// and nothing while nothing happens. No extension is ever agreed on, so there is no compression.
package struct WebSocketConversation: ~Copyable {
    private enum State {
        case open
        case closing(deadline: Instant)
        case over
    }

    private var state = State.open
    private let frames = WebSocketFrames()
    private var assembly: WebSocketAssembly

    private var output: [UInt8] = []
    /// The last ping that is not answered yet: of several only the last needs an answer (RFC 6455 §5.5.3).
    private var owedPong: [UInt8]?

    private var silence: Silence
    private var controlCount = 0
    private var controlWindowEnd: Instant

    private enum Silence {
        case heard(at: Instant)
        case asked(at: Instant)
    }

    /// A conversation that begins behind the answer to its handshake.
    package init(maximumMessageBytes: Int = Limits.WebSocket.maximumMessageBytes, now: Instant) {
        assembly = WebSocketAssembly(maximumBytes: maximumMessageBytes)
        silence = .heard(at: now)
        controlWindowEnd = now
    }

    /// Whether nothing more is read: the connection ends once the output is sent.
    package var isOver: Bool {
        if case .over = state { return true }
        return false
    }

    /// Whether messages can be sent.
    package var isOpen: Bool {
        if case .open = state { return true }
        return false
    }

    /// Bytes that wait for ``takeOutput(_:)``.
    package var outputBytes: Int { output.count + (owedPong.map { $0.count + 2 } ?? 0) }

    /// Whether no memory is held for anything under way.
    package var isIdle: Bool { frames.isIdle && !assembly.isUnderWay && output.isEmpty && owedPong == nil }

    /// Appends what is to be sent to `bytes`.
    package mutating func takeOutput(_ bytes: inout [UInt8]) {
        if let pong = owedPong {
            owedPong = nil
            pong.withUnsafeBytes { frames.write(.pong, $0, to: &output) }
        }
        if bytes.isEmpty { swap(&bytes, &output) } else { bytes.append(contentsOf: output) }
        output = []
    }

    // MARK: Reading

    /// Takes the next event from the front of `bytes` and moves `offset` right behind it.
    ///
    /// Nil when all of `bytes` is used: to hold the client back, do not call it and keep the bytes behind `offset`.
    package mutating func nextEvent(
        in bytes: UnsafeRawBufferPointer,
        from offset: inout Int,
        now: Instant
    ) -> WebSocketEvent? {
        if offset < bytes.count { silence = .heard(at: now) }
        while !isOver {
            let reading = frames.next(in: bytes, from: &offset)
            switch reading {
            case .needsMore: return nil
            case .malformed: return fail(.malformedFrame)
            case .piece(let piece):
                switch assembly.add(piece, now: now) {
                case .none: continue
                case .violation(let violation): return fail(violation)
                case .message(let message):
                    if isOpen { return .message(message) }  // after our goodbye nobody listens any more
                case .control(let opcode, let payload):
                    if let event = receive(opcode, payload, now: now) { return event }
                }
            }
        }
        offset = bytes.count
        return nil
    }

    private mutating func receive(_ opcode: WebSocketOpcode, _ payload: [UInt8], now: Instant) -> WebSocketEvent? {
        guard opcode != .close else { return receiveClose(payload) }
        if now >= controlWindowEnd {
            controlWindowEnd = now + Limits.WebSocket.controlWindow
            controlCount = 0
        }
        controlCount += 1
        guard controlCount <= Limits.WebSocket.maximumControlFrames else { return fail(.tooMany) }
        guard opcode == .ping else { return .pong }
        guard isOpen else { return nil }
        owedPong = payload
        return .ping
    }

    private mutating func receiveClose(_ payload: [UInt8]) -> WebSocketEvent {
        guard payload.count != 1 else { return fail(.badClose) }
        var code: WebSocketCloseCode?
        if payload.count >= 2 {
            let said = WebSocketCloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
            guard said.mayBeSent else { return fail(.badClose) }
            code = said
        }
        guard let reason = String(validating: payload.dropFirst(2), as: UTF8.self) else { return fail(.notUTF8) }
        if isOpen { writeClose(code, reason: "") }
        state = .over
        return .closed(code, reason: reason)
    }

    private mutating func fail(_ violation: WebSocketViolation) -> WebSocketEvent {
        if isOpen { writeClose(violation.closeCode, reason: violation.rawValue) }
        state = .over
        return .failed(violation)
    }

    // MARK: Writing

    /// Queues `message`; false, and nothing is queued, where goodbye has been said.
    package mutating func send(_ message: WebSocketMessage) -> Bool {
        guard isOpen else { return false }
        switch message {
        case .text(var text): text.withUTF8 { frames.write(.text, UnsafeRawBufferPointer($0), to: &output) }
        case .binary(let bytes): bytes.withUnsafeBytes { frames.write(.binary, $0, to: &output) }
        }
        return true
    }

    /// Says goodbye and waits for the client's; nothing happens where it was said.
    ///
    /// A code that may not be sent is our own mistake and traps.
    package mutating func close(_ code: WebSocketCloseCode, reason: String = "", now: Instant) {
        precondition(code.mayBeSent, "\(code.rawValue) may not be sent")
        guard isOpen else { return }
        writeClose(code, reason: reason)
        state = .closing(deadline: now + Limits.WebSocket.closeTimeout)
    }

    private mutating func writeClose(_ code: WebSocketCloseCode?, reason: String) {
        owedPong = nil  // nothing comes behind a goodbye
        var payload: [UInt8] = []
        if let code {
            payload = [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)]
            payload += reason.cut(toBytes: Limits.WebSocket.maximumReasonBytes).utf8
        }
        payload.withUnsafeBytes { frames.write(.close, $0, to: &output) }
    }

    // MARK: Time

    /// The conversation's only timer.
    package var nextDeadline: Instant? {
        switch state {
        case .over: return nil
        case .closing(let deadline): return deadline
        case .open:
            let deadline = silenceDeadline
            return assembly.deadline.map { min($0, deadline) } ?? deadline
        }
    }

    private var silenceDeadline: Instant {
        switch silence {
        case .heard(let instant): instant + Limits.WebSocket.pingInterval
        case .asked(let instant): instant + Limits.WebSocket.pongTimeout
        }
    }

    /// What to do when the time is up.
    package enum DeadlineReachedAction: Hashable, Sendable {
        /// The deadline is still ahead.
        case wait
        /// Send the output: the client is asked whether it is there.
        case flush
        /// A message did not come to its end: send the output and end the connection.
        case fail(WebSocketViolation)
        /// The client is gone, or does not say goodbye: break the connection off.
        case abandon
    }

    /// ``nextDeadline`` may have been reached.
    package mutating func deadlineReached(now: Instant) -> DeadlineReachedAction {
        guard let deadline = nextDeadline, deadline <= now else { return .wait }
        guard isOpen else {
            state = .over
            return .abandon
        }
        if let deadline = assembly.deadline, deadline <= now {
            _ = fail(.tooSlow)
            return .fail(.tooSlow)
        }
        switch silence {
        case .heard:
            frames.write(.ping, UnsafeRawBufferPointer(start: nil, count: 0), to: &output)
            silence = .asked(at: now)
            return .flush
        case .asked:
            state = .over
            return .abandon
        }
    }
}

extension WebSocketCloseCode {
    /// Whether the code may stand in a frame (RFC 6455 §7.4): some only say what happened without one.
    package var mayBeSent: Bool {
        switch rawValue {
        case 1_000...1_003, 1_007...1_014, 3_000...4_999: true
        default: false
        }
    }
}
