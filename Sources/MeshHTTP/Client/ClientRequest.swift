/// A request that we make of others.
package struct ClientRequest: Sendable {
    /// What is wanted done.
    package var method: HTTPMethod

    /// Where.
    package var url: ClientURL

    /// The fields; those that frame the message or speak of the connection (`host`, `content-length`,
    /// `transfer-encoding`, `connection`, `expect` …) are the client's and are left out.
    package var fields: HTTPFields

    /// What is sent along.
    package var body: Body

    /// How long to wait for what; nil for what the client is configured with.
    package var timeouts: ClientTimeouts?

    /// Whether the request shares a connection with others where the server speaks HTTP/2.
    ///
    /// False for what is large and may be read slowly: it then has a connection of HTTP/1.1 to itself. On one that is
    /// shared, the server has credit for 32 MiB of each stream, which libcurl does not let be changed; while the reader
    /// waits and others are read, all of that is taken in.
    package var sharesConnection = true

    /// A request of these parts.
    package init(
        _ method: HTTPMethod = .get,
        _ url: ClientURL,
        fields: HTTPFields = HTTPFields(),
        body: Body = .empty,
        timeouts: ClientTimeouts? = nil
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.timeouts = timeouts
    }

    /// What a request brings.
    package enum Body: Sendable {
        /// Nothing.
        case empty

        /// All of it at once.
        case bytes([UInt8])

        /// Piece by piece, as `source` brings it: pulled only as fast as the server takes it.
        ///
        /// Where `length` is said and `source` brings another, the request fails. An error of `source` fails it too.
        case stream(length: UInt64?, source: any RequestBodySource)
    }
}

/// How long to wait for what; nil for ever.
///
/// No clock runs while it is us who are slow: while the source of a body has nothing to send, and while nobody reads.
package struct ClientTimeouts: Hashable, Sendable {
    /// For a place among the connections, where as many as may be are in use.
    package var waiting: Duration?

    /// From then on to a connection that is ready to take the request: name, TCP, proxy, TLS.
    package var connect: Duration?

    /// From the last byte of the request that was taken to the first of the answer.
    package var firstByte: Duration?

    /// Between two pieces of a body, sent or received.
    package var idle: Duration?

    /// For all of it, body included; a stream should have none.
    package var whole: Duration?

    /// These.
    package init(
        waiting: Duration? = .seconds(30),
        connect: Duration? = .seconds(10),
        firstByte: Duration? = .seconds(120),
        idle: Duration? = .seconds(120),
        whole: Duration? = nil
    ) {
        self.waiting = waiting
        self.connect = connect
        self.firstByte = firstByte
        self.idle = idle
        self.whole = whole
    }
}
