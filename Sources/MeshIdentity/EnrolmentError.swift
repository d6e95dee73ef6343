package import MeshCore

/// What can be wrong with an enrolment token.
package enum EnrolmentErrorCode: String, ErrorCode {
    package static let domain = "enrolment"

    /// The text is no token.
    case malformedToken
    /// It was not made with the token key of this authority, or somebody has changed it.
    case forgedToken
    /// Its time is over.
    case expiredToken
    /// Its time has not come: one of the clocks is wrong.
    case earlyToken
    /// It lives longer than any token may.
    case longToken
}

/// An error about an enrolment token.
package typealias EnrolmentError = MeshError<EnrolmentErrorCode>
