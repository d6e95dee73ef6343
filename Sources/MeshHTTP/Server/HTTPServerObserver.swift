package import MeshCore
package import MeshIO

/// The port to whoever counts and writes down what a server does.
///
/// Called on the loops, in the connection's turn: an implementation must not block.
package protocol HTTPServerObserver: Sendable {
    /// A request has been answered, refused or left.
    func requestEnded(_ record: HTTPRequestRecord)

    /// Something happened to a connection.
    func connectionChanged(_ event: HTTPConnectionEvent, client: SocketAddress)
}

/// What remains of a request: never its query, its fields or its body.
package struct HTTPRequestRecord: Hashable, Sendable {
    /// What names it.
    package let id: String

    /// The trace that it belongs to; nil where the head was refused.
    package let trace: TraceContext?

    /// Who asked.
    package let client: SocketAddress

    /// What was wanted done; empty where the head was refused.
    package let method: String

    /// The path as it came, without the query; empty where the head was refused.
    package let path: String

    /// How it went; 499 where the client left before it was answered.
    package let status: HTTPStatus

    /// Bytes of its body.
    package let bytesIn: UInt64

    /// Bytes of the answer's body that were handed over.
    package let bytesOut: UInt64

    /// From its head to the end of the answer.
    package let elapsed: Duration
}

/// What happens to connections.
package enum HTTPConnectionEvent: String, Hashable, Sendable, CaseIterable {
    case opened
    case closed
    /// The client's address has too many already.
    case refused
    /// The TLS handshake failed or took too long.
    case handshakeFailed = "handshake_failed"
    /// It was too slow, with its request or with the answer.
    case timedOut = "timed_out"
}
