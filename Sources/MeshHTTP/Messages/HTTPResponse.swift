/// An answer, whatever version of HTTP takes it.
package struct HTTPResponse: Sendable {
    /// How it went.
    package var status: HTTPStatus

    /// The fields; those that frame the message (`connection`, `content-length`, `transfer-encoding`, `date`) are the
    /// server's and are left out.
    package var fields: HTTPFields

    /// The body.
    package var body: ResponseBody

    /// An answer of these parts.
    package init(_ status: HTTPStatus, fields: HTTPFields = HTTPFields(), body: ResponseBody = .empty) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// An answer of bytes of one type.
    package init(_ status: HTTPStatus = .ok, type: String, bytes: [UInt8]) {
        self.init(status, fields: [.contentType: type], body: .bytes(bytes))
    }
}

extension HTTPFields: ExpressibleByDictionaryLiteral {
    /// These fields, in this order.
    package init(dictionaryLiteral fields: (HTTPFieldName, String)...) {
        self.init()
        for (name, value) in fields { append(name, value) }
    }
}

/// What an answer brings.
package enum ResponseBody: Sendable {
    /// Nothing.
    case empty

    /// All of it at once.
    case bytes([UInt8])

    /// Piece by piece, as `produce` writes it; nothing is sent, not even the status, before its first piece.
    ///
    /// `produce` runs in the task of the request and is cancelled when the client leaves. An error before the first
    /// piece becomes the answer in place of this one; an error after it breaks the connection off, so that the client
    /// does not take what it has for all.
    case stream(length: UInt64?, produce: @Sendable (ResponseWriter) async throws -> Void)

    /// A conversation of messages both ways (RFC 6455), which `converse` leads; the status must be 101.
    case webSocket(subprotocol: String?, converse: @Sendable (any WebSocket) async throws -> Void)
}

/// Where a streamed body is written to.
package struct ResponseWriter: Sendable {
    private let sink: any ResponseSink

    /// A writer into `sink`.
    package init(_ sink: any ResponseSink) { self.sink = sink }

    /// Hands `bytes` over; returns when there is room for more.
    ///
    /// What is written in one turn of the loop leaves in one go at its end.
    package func write(_ bytes: [UInt8]) async throws(HTTPError) { try await sink.write(bytes) }

    /// Hands `text` over.
    package func write(_ text: String) async throws(HTTPError) { try await sink.write(Array(text.utf8)) }
}

/// The port to wherever bodies of answers go: a connection, a stream, memory.
///
/// Called by one task at a time. The wait for room ends with an error when the client leaves or takes nothing for too
/// long, or the task is cancelled.
package protocol ResponseSink: Sendable {
    /// Takes `bytes`, and returns when there is room for more.
    func write(_ bytes: [UInt8]) async throws(HTTPError)
}
