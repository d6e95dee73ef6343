package import MeshIO

/// A request as a handler sees it, whatever version of HTTP brought it.
package struct HTTPRequest: Sendable {
    /// What the client wants done.
    package let method: HTTPMethod

    /// What it is about.
    package let target: RequestTarget

    /// The host, with or without a port, that the client asked; empty where HTTP/1.0 said none.
    package let authority: String

    /// The version of HTTP.
    package let version: HTTPVersion

    /// The fields, names in lower case.
    package let fields: HTTPFields

    /// The body, to be read once; middleware may put another before it.
    package var body: RequestBody

    /// Who asks.
    package let client: HTTPClientIdentity

    /// What logs and answers name this request with.
    package var id: RequestID

    /// By which an answer can begin before its handler knows all of it; nil where nothing is there to take it.
    package var early: EarlyAnswer?

    private var notes: [ObjectIdentifier: any Sendable] = [:]

    /// A request of these parts.
    package init(
        method: HTTPMethod,
        target: RequestTarget,
        authority: String,
        version: HTTPVersion,
        fields: HTTPFields,
        body: RequestBody,
        client: HTTPClientIdentity,
        id: RequestID
    ) {
        self.method = method
        self.target = target
        self.authority = authority
        self.version = version
        self.fields = fields
        self.body = body
        self.client = client
        self.id = id
    }

    /// What a middleware has found out for those behind it, such as who the user is.
    package subscript<Note: RequestNote>(note: Note.Type) -> Note.Value? {
        get { notes[ObjectIdentifier(note)] as? Note.Value }
        set { notes[ObjectIdentifier(note)] = newValue }
    }
}

/// A kind of thing that middleware notes on a request.
package protocol RequestNote {
    /// What is noted.
    associatedtype Value: Sendable
}

/// From where a request comes.
package struct HTTPClientIdentity: Hashable, Sendable {
    /// The address of the other end of the connection.
    package let address: SocketAddress

    /// Whether the connection is encrypted.
    package let isSecure: Bool

    /// The client at `address`.
    package init(address: SocketAddress, isSecure: Bool) {
        self.address = address
        self.isSecure = isSecure
    }
}
