internal import MeshAccounts
internal import MeshCore
internal import MeshTelemetry

extension MetricGroup<UsageExportCounts> {
    /// What is carried from accounts into the database of usage.
    func registerUsage() {
        counter("usage_rows", "Postings that were stored in the database of usage.") { $0.rows }
        counter("usage_batches", "Transactions in which they were.") { $0.batches }
        counter("usage_failures", "Rounds of carrying that came to nothing, in part or whole.") { $0.failures }
        counter("usage_begun_anew", "Accounts that were stored again, for the database told of another journal.") {
            $0.begunAnew
        }
        gauge("usage_accounts_waiting", "Accounts that have something new to be stored.") { $0.waiting }
        gauge("usage_failing", "Whether something could not be stored yet; 0 or 1.") { $0.failure == nil ? 0 : 1 }
    }
}
