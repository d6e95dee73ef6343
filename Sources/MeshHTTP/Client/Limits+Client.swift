package import MeshCore

extension Limits {
    /// Bounds on the client of HTTP.
    package enum HTTPClient {
        /// Bytes of a URL; a longer one is refused.
        package static let maximumURLBytes = 16_384

        /// Bytes of everything that is no body: heads, those before the head (1xx), trailers.
        ///
        /// More ends the request with `tooLarge`.
        package static let maximumHeadBytes = 65_536

        /// Fields of a head; more end the request with `tooLarge`.
        package static let maximumFields = 256

        /// Requests that wait for a place among the connections; a further one fails with `tooMany`.
        package static let maximumWaiting = 1_024

        /// Bytes of a body that wait for their reader; then the server is held back until they are read.
        ///
        /// What the library has in its hands comes on top: less than as much again, but up to 32 MiB on a connection
        /// that is shared (``ClientRequest/sharesConnection``).
        package static let bodyHighMark = 65_536

        /// A body of more bytes is not copied into the library, but handed over as it is sent.
        package static let bytesSentAtOnce = 65_536

        /// Handles of the library that are kept for the next request; further ones are freed.
        package static let maximumSpareHandles = 64

        /// Servers of which is remembered that they speak HTTP/2; then those that are not in use are forgotten.
        package static let maximumKnownOrigins = 1_024
    }
}
