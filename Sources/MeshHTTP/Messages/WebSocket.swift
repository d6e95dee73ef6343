/// A message of a WebSocket.
package enum WebSocketMessage: Hashable, Sendable {
    /// Text, which is UTF-8 for sure.
    case text(String)
    /// Bytes.
    case binary([UInt8])
}

/// Why a WebSocket is closed (RFC 6455 §7.4); unknown codes survive.
package struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    package let rawValue: UInt16

    /// The code of this number.
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// All is said.
    package static let normal = WebSocketCloseCode(rawValue: 1_000)
    /// The server stops, or the page is left.
    package static let goingAway = WebSocketCloseCode(rawValue: 1_001)
    /// The rules of the protocol were broken.
    package static let protocolError = WebSocketCloseCode(rawValue: 1_002)
    /// A text was no UTF-8.
    package static let notUTF8 = WebSocketCloseCode(rawValue: 1_007)
    /// The rules of the house were broken.
    package static let policy = WebSocketCloseCode(rawValue: 1_008)
    /// A message was too large.
    package static let tooLarge = WebSocketCloseCode(rawValue: 1_009)
    /// Our own mistake.
    package static let internalError = WebSocketCloseCode(rawValue: 1_011)
}

/// The port to a conversation of messages both ways.
///
/// One task receives and one may send at the same time. Both waits end when the connection ends or the task is
/// cancelled. Who leads the conversation ends it by returning: then it is closed with `normal`.
package protocol WebSocket: Sendable {
    /// The next message; nil when the other side has closed.
    func receive() async throws(HTTPError) -> WebSocketMessage?

    /// Hands `message` over; returns when there is room for more.
    func send(_ message: WebSocketMessage) async throws(HTTPError)

    /// Says goodbye; nothing can be sent after it.
    func close(_ code: WebSocketCloseCode, reason: String) async
}
