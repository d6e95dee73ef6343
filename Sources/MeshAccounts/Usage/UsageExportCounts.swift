package import MeshCore

/// What was carried into the database of usage, and how it stands.
package struct UsageExportCounts: Hashable, Sendable {
    /// Postings that were stored.
    package internal(set) var rows = UInt64(0)
    /// Transactions.
    package internal(set) var batches = UInt64(0)
    /// Rounds that came to nothing, in part or whole.
    package internal(set) var failures = UInt64(0)
    /// Accounts that were begun anew, because the database told of another journal.
    package internal(set) var begunAnew = UInt64(0)
    /// Accounts that may have something new.
    package internal(set) var waiting = 0
    /// Why something is not stored that should be; nil where all is well.
    package internal(set) var failure: String?
    /// When a round last came to its end with nothing left that it could not store.
    package internal(set) var lastWell: WallTime?
}
