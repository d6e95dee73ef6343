package import MeshCore

/// What can be wrong with a policy.
package enum LedgerErrorCode: String, ErrorCode {
    package static let domain = "ledger"

    /// The policy's file means nothing.
    case malformedPolicy
}

/// An error of this module.
package typealias LedgerError = MeshError<LedgerErrorCode>
