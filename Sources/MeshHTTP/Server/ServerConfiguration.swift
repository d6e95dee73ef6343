internal import MeshCore

/// How a server treats its clients.
package struct ServerConfiguration: Sendable {
    /// How large a request may be.
    package var limits = RequestLimits()

    /// How long a client may take.
    package var timeouts = ConnectionTimeouts()

    /// Connections at a time, spread evenly over the loops; further ones wait in the kernel.
    package var maximumConnections = Limits.HTTPServer.maximumConnections

    /// Connections at a time of one IPv4 address or half an IPv6 address; further ones are closed at once.
    package var maximumConnectionsPerAddress = Limits.HTTPServer.maximumConnectionsPerAddress

    /// Whether a request is called what its client calls it (`x-request-id`), where that is decent, and belongs to the
    /// trace that its client says (`traceparent`); else logs and answers have names of our own alone.
    package var believesRequestIDs = true

    /// How long ``HTTPServer/stop()`` lets running requests end before it cancels them.
    package var stopping = Duration.seconds(10)

    /// Whose pages may open a WebSocket.
    package var webSocketOrigins = WebSocketOrigins.sameHost

    /// The defaults.
    package init() {}
}
