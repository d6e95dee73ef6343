package import MeshCore

extension Limits {
    /// Bounds on talking to Stripe.
    package enum Stripe {
        /// Bytes of a key or of a webhook's secret; a longer one is none.
        package static let maximumSecretBytes = 512

        /// Secrets in one file, so that a new one can count beside the old ones; a file with more is refused.
        package static let maximumSecrets = 8

        /// Bytes of an answer; a longer one is refused as malformed.
        package static let maximumAnswerBytes = 2 * 1_024 * 1_024

        /// Times that one request is sent; then its last failure counts.
        package static let maximumAttempts = 4

        /// From nothing to this long is the drawn pause before a second try; twice as long before each further one.
        package static let firstPause = Duration.milliseconds(500)

        /// No drawn pause is longer.
        package static let longestPause = Duration.seconds(8)

        /// What Stripe may ask for (`Retry-After`) and still be waited for; a longer wait ends the request.
        package static let longestWait = Duration.seconds(30)

        /// Pages of a list that are read; what is behind them makes it malformed.
        package static let maximumPages = 64

        /// Minutes of which is remembered what was told in them by this process; the oldest is forgotten.
        package static let rememberedMinutes = 4_096

        /// Identifiers that a file's sink knows, the newest; the oldest is forgotten.
        package static let knownIdentifiers = 65_536

        /// Events that wait for the disk of a file's sink; a further one fails and is told again.
        package static let maximumWaiting = 1_024

        /// How far ahead of its clock Stripe takes an event; one that is further ahead of ours waits.
        package static let futureTolerance = Duration.seconds(300)

        /// How far ahead of our clock an event may be and still be waited for; one beyond it is refused, for people.
        package static let longestFuture = Duration.seconds(3_600)

        /// Accounts of which a file's sink says that Stripe would bill them; further ones are not named.
        package static let maximumNamed = 1_024

        /// Bytes of a `Stripe-Signature`; a longer one is refused.
        package static let maximumSignatureBytes = 4_096

        /// Signatures in one that are compared; further ones are not looked at.
        package static let maximumSignatures = 16

        /// How far the time in a signature may be from now.
        package static let signatureTolerance = Duration.seconds(300)

        /// How old a page of payment may be for its credit to be made when a refund of it is told first; shorter than
        /// accounts remember entries, so that no credit is made twice.
        package static let youngCheckout = Duration.seconds(30 * 86_400)

        /// Bytes of an id of Stripe's; a longer one is none.
        package static let maximumIDBytes = 255
    }
}
