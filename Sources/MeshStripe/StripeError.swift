package import MeshCore

/// What can go wrong with Stripe.
package enum StripeErrorCode: String, ErrorCode {
    package static let domain = "stripe"

    /// It cannot be reached, or does not answer; nobody knows whether it has done what was asked.
    case unreachable
    /// It wants to be left alone for a while, or is not well.
    case unwell
    /// It does not take our key.
    case badKey
    /// It will not do what is asked; the cause is a ``StripeRefusal``.
    case refused
    /// There is no such thing.
    case notFound
    /// Its answer means nothing to us.
    case malformed
    /// A file with a secret, or of a sink, cannot be used.
    case unusable
    /// The setting is wrong.
    case misconfigured
    /// A webhook is not Stripe's, or not of now.
    case badSignature
}

/// An error of this module.
package typealias StripeError = MeshError<StripeErrorCode>

/// What Stripe says no with; its sentence may name people's things and is in no log.
package struct StripeRefusal: Error, Hashable, Sendable {
    /// The status of HTTP.
    package let status: Int
    /// Its word for programs.
    package let code: String?
    /// Its sentence for people.
    package let message: String?
}
