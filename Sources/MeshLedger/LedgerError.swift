package import MeshCore

/// What can be wrong with a policy, or with what a journal holds.
package enum LedgerErrorCode: String, ErrorCode {
    package static let domain = "ledger"

    /// The policy's file means nothing.
    case malformedPolicy
    /// What stands in a journal is no event of an account.
    case unreadableEvent
}

/// An error of this module.
package typealias LedgerError = MeshError<LedgerErrorCode>
