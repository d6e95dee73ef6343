/// What bytes from the client of a WebSocket have told.
package enum WebSocketEvent: Hashable, Sendable {
    /// A message is complete.
    case message(WebSocketMessage)

    /// The client asked whether we are there; the answer is queued.
    case ping

    /// The client answered, or says without being asked that it is there.
    case pong

    /// The client says goodbye, with a code or without; the conversation is over once our output is sent.
    case closed(WebSocketCloseCode?, reason: String)

    /// The client broke a rule; it is told so, and the conversation is over once our output is sent.
    case failed(WebSocketViolation)
}

/// A rule that the client of a WebSocket has broken.
package enum WebSocketViolation: String, Hashable, Sendable {
    /// The bytes are no frame: a length in a longer form than needed, a control frame that is long or in parts.
    case malformedFrame
    /// A frame that is not masked (RFC 6455 §5.1).
    case unmasked
    /// A reserved bit, though no extension is agreed on.
    case reservedBit
    /// An opcode that nobody has defined.
    case unknownOpcode
    /// A further part of no message, or a new message inside another.
    case brokenSequence
    /// A goodbye with half a code, or a code that may not be sent.
    case badClose
    /// A text or a reason that is no UTF-8.
    case notUTF8
    /// A message beyond the bound.
    case tooLarge
    /// More parts or control frames than are taken.
    case tooMany
    /// A message that does not end.
    case tooSlow

    /// What the client is told.
    package var closeCode: WebSocketCloseCode {
        switch self {
        case .malformedFrame, .unmasked, .reservedBit, .unknownOpcode, .brokenSequence, .badClose: .protocolError
        case .notUTF8: .notUTF8
        case .tooLarge: .tooLarge
        case .tooMany, .tooSlow: .policy
        }
    }
}
