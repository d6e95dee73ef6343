package import MeshCore

extension Limits {
    /// Bounds on enrolment.
    package enum Enrolment {
        /// A token that lives longer is not made and not taken.
        package static let maximumTokenLife = Duration.seconds(900)

        /// A token that is younger than the hub's clock by more than this is not taken: one of the clocks is wrong.
        package static let toleratedSkew = Duration.seconds(60)

        /// Longer text is no enrolment token.
        package static let maximumTokenTextBytes = 1_024

        /// Spent tokens that a tenant has in mind until they end; beyond them a further one is refused for a while.
        package static let maximumSpentTokens = 4_096

        /// Keys that a node may use at a time; a further one takes the place of the oldest that was never proved.
        package static let maximumKeys = 4

        /// Keys that a node has enrolled with in all its lives; beyond them the name enrols no more.
        ///
        /// They are never forgotten: a key that was put out must not come back with a new token.
        package static let maximumEnrolledKeys = 1_024

        /// Keys of a node that a renewal has ended; beyond them the one that ended first is forgotten.
        package static let maximumRetiredKeys = 64

        /// Certificates of a node that its registration lists; beyond them the oldest is forgotten.
        package static let maximumCertificates = 16

        /// Bytes of a certificate's serial number; RFC 5280 allows 20, and a longer one is cut.
        package static let maximumSerialBytes = 32

        /// Identities that are put out at a time; a further one is refused.
        package static let maximumRevocations = 16_384

        /// Bytes of the reason of a revocation; longer ones are cut.
        package static let maximumReasonBytes = 256

        /// Keys by which one identity is let in again at a time; a further one takes the place of the oldest, though
        /// never of the one that it follows.
        package static let maximumReadmittedKeys = 4

        /// Such keys that handshakes know of one identity, because answers overtake each other; beyond them the one
        /// that was heard of first is forgotten.
        package static let maximumKnownReadmittedKeys = 4 * maximumReadmittedKeys

        /// Revocations in one answer; the asker comes back for more.
        package static let maximumPage = 256

        /// Bytes of a request for a certificate (PKCS #10); larger ones are refused.
        package static let maximumRequestBytes = 16_384

        /// Certificates in an answer, and authorities; more are refused.
        package static let maximumCertificatesInAnswer = 8

        /// Bytes of one certificate in an answer.
        package static let maximumCertificateBytes = 16_384

        /// Bytes of the sentence of a refusal; longer ones are cut.
        package static let maximumMessageBytes = 1_024
    }
}
