package import MeshCore

extension Limits {
    /// Bounds on the database of usage.
    package enum UsageStore {
        /// Pieces of work that wait for its thread; a further one is refused as `busy`.
        package static let maximumWaiting = 64

        /// Rows of one transaction, those of the entry that passes this bound included: rows of many accounts
        /// become safe with one sync, and an analyst's reader never waits long for the writer.
        package static let maximumBatchRows = 2_048

        /// Rows that one read returns.
        package static let maximumRowsRead = 1_024

        /// Thousandths of a second that a connection waits for another one before it gives up as `busy`.
        package static let busyMilliseconds: Int32 = 5_000
    }
}
