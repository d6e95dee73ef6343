package import MeshCore

extension Limits {
    /// Bounds on the HTTP server.
    ///
    /// Those of a ``RequestLimits`` and a ``ServerConfiguration`` are their defaults; the others cannot be changed.
    package enum HTTPServer {
        // MARK: A request's head

        /// Bytes of a request line and its fields, as they came; beyond them 431, or 414 where the line is the reason.
        package static let maximumHeadBytes = 32 * 1_024

        /// Bytes of a target as it came; a longer one is answered 414.
        package static let maximumTargetBytes = 8 * 1_024

        /// Fields of a request; more are answered 431.
        package static let maximumFields = 100

        /// Empty lines in front of a request, which RFC 9112 §2.2 lets a client send; more are answered 400.
        package static let maximumEmptyLines = 2

        // MARK: A request's body

        /// Bytes of a body; a longer one is answered 413 or, once the answer has begun, breaks the connection off.
        package static let maximumBodyBytes: UInt64 = 256 * 1_024 * 1_024

        /// Bytes of chunk extensions of one body; more are answered 400.
        package static let maximumChunkExtensionBytes = 4 * 1_024

        /// Bytes of trailers, which are dropped; more are answered 400.
        package static let maximumTrailerBytes = 8 * 1_024

        /// Bytes that a chunked body may cost beyond three for each of its own; more are answered 400.
        ///
        /// Six bytes for a chunk of one are within it for a while; endless zeros before a length are not.
        package static let maximumChunkOverheadBytes: UInt64 = 256 * 1_024

        // MARK: A connection

        /// Bytes of a body nobody wanted that are read away so that the connection can be kept.
        ///
        /// Behind an answer to a longer one the connection ends.
        package static let maximumDrainedBytes: UInt64 = 64 * 1_024

        /// Bytes that are read away behind the last answer; then the connection is closed at once.
        package static let maximumLingeringBytes: UInt64 = 4 * 1_024 * 1_024

        /// Bytes of a body that wait for its handler; with more the client is held back.
        package static let bodyHighBytes = 64 * 1_024

        /// Bytes that wait for the client to take them; with more a handler's ``ResponseWriter`` waits.
        package static let outputHighBytes = 64 * 1_024

        /// With no more bytes than these waiting, the writer goes on.
        package static let outputLowBytes = 16 * 1_024

        /// Bytes read by one call, into memory that the connections of a loop share.
        package static let readBytes = 64 * 1_024

        /// Messages of a WebSocket that wait for its handler; with more, or more than ``bodyHighBytes`` in them, the
        /// client is held back.
        package static let maximumMessagesWaiting = 64

        // MARK: A server

        /// Connections at a time; further ones wait in the kernel until one ends.
        package static let maximumConnections = 16_384

        /// Connections at a time from one address; further ones are closed at once.
        package static let maximumConnectionsPerAddress = 4_096

        /// Listeners of one server; asking for more throws `tooMany`.
        package static let maximumListeners = 16
    }
}
