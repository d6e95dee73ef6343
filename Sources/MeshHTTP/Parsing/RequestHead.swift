package import MeshCore

/// A request without its body, as the parser has checked it.
package struct RequestHead: Sendable {
    /// How long the body is.
    package enum Framing: Hashable, Sendable {
        /// There is none.
        case none
        /// So many bytes, at least one.
        case length(UInt64)
        /// As long as the chunks say (RFC 9112 §7.1).
        case chunked
    }

    /// What the client wants done.
    package let method: HTTPMethod

    /// What it is about.
    package let target: RequestTarget

    /// The host, with or without a port; that of an absolute target comes before the field (RFC 9112 §3.2.2).
    package let authority: String

    /// HTTP/1.0 or HTTP/1.1.
    package let version: HTTPVersion

    /// The fields.
    package let fields: HTTPFields

    /// How long the body is.
    package let framing: Framing

    /// Whether the client would send another request on this connection.
    package let keepsAlive: Bool

    /// Whether the client sends the body only once it is told to (RFC 9110 §10.1.1).
    package let expectsContinue: Bool

    /// What the client calls the request, where that is decent.
    package let saidID: RequestID?

    /// The trace that the client's `traceparent` says; nil where there is none, several, or a malformed one.
    package let saidTrace: TraceContext?
}

/// What a parser has found.
package enum RequestEvent: Sendable {
    /// A head; nothing of it was handed out before all of it was checked.
    case head(RequestHead)

    /// Bytes of the body, at least one.
    case body([UInt8])

    /// The request is complete; what the parser did not take belongs to the next one.
    case end

    /// The bytes break a rule or a bound: nothing behind them can be understood, and the connection must end.
    case refused(HTTPRefusal)
}
