package import MeshCore

extension Limits {
    /// Bounds on TLS over TCP.
    package enum TLS {
        /// How long a loop shakes hands in one turn; the step under way is ended, further ones wait for the next turn.
        ///
        /// A step may sign, which takes a third of a millisecond with ECDSA and a whole one with RSA: a crowd of new
        /// peers would else hold up those who are served already by as much for each of them.
        package static let handshakeTimePerTurn = Duration.microseconds(500)

        /// Bytes of one message of a handshake; a longer one ends it.
        package static let maximumHandshakeMessageBytes = 16 * 1_024

        /// Bytes written in one record, as many as the protocol allows; what is longer is written in several.
        package static let maximumRecordBytes = 16 * 1_024

        /// Bytes fetched by one call, a record with its frame; what is not used of them is all that a stream keeps.
        package static let maximumBytesAhead = maximumRecordBytes + 5 + 256

        /// Records without content that are passed over in one reading, or that lead nowhere in a handshake; more of
        /// them end the stream.
        package static let maximumEmptyRecords = 32

        /// How long a ticket counts with which a peer resumes; later it has to shake hands in full.
        package static let ticketLifetime = Duration.seconds(6 * 3_600)

        /// How long a key seals tickets before another one is drawn; tickets under the old one count no more.
        package static let ticketKeyLifetime = Duration.seconds(12 * 3_600)

        /// Bytes of a chain of certificates or of a key, in PEM; more are refused.
        package static let maximumPEMBytes = 256 * 1_024

        /// Names of application protocols that a server offers; more are refused.
        package static let maximumProtocols = 8
    }
}
