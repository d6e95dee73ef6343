internal import MeshActors
internal import MeshCore
internal import MeshLedger
package import MeshStore
package import MeshUsageStore

/// Proves the accounts of a store that nobody has open, each from its first entry on; it changes nothing.
///
/// The journal is read twice over: once as a hub would come back, from the latest snapshot, and once from the beginning
/// by ``LedgerAuditor``, who adds up and prices by itself. Both must come to the same account. The database of usage,
/// as far as it goes, must have the very rows that the journal gives.
package struct LedgerInspection {
    private let store: StoppedStore
    private let usage: UsageDatabase?

    /// The accounts in `store`, and what `usage` has of them.
    package init(of store: StoppedStore, and usage: UsageDatabase?) {
        self.store = store
        self.usage = usage
    }

    /// Hands the report of each account to `visit`, in the order of their names; then those that `usage` alone knows.
    package func run(_ visit: (AccountReport) throws -> Void) throws {
        var known: Set<String> = []
        try store.forEachAccount { account in
            known.insert(account.address.key)
            try visit(report(on: account.address))
        }
        for account in try usage?.accounts() ?? [] where !known.contains(account) {
            var report = AccountReport(account)
            report.faults = ["the database of usage has postings of it, and there is no journal"]
            try visit(report)
        }
    }

    /// What cannot be read of one account is a fault of that one.
    private func report(on address: ActorAddress) throws -> AccountReport {
        var report = AccountReport(address.key)
        do {
            try inspect(address, &report)
        } catch let error as UsageStoreError {
            throw error
        } catch {
            report.faults.append("\(error)")
        }
        return report
    }

    private func inspect(_ address: ActorAddress, _ report: inout AccountReport) throws {
        let claim = try store.look(at: address)
        var served = try ReplayedActor<Ledger>(address, claim)
        var auditor = LedgerAuditor(account: address.key)
        var comparison = try usage.map { try UsageComparison(of: address.key, with: $0) }
        try store.forEachPage(of: address, to: claim.head) { page in
            for placed in page {
                for (event, position) in try LedgerHistory.events(of: placed) {
                    auditor.take(event, at: position)
                    guard let posting = event.posting else { continue }
                    report.postings += 1
                    try comparison?.take(posting, in: placed)
                }
                comparison?.pass(placed)
                report.entries = placed.head.rawValue
            }
            try served.replay(page.filter { $0.head > served.head })
        }
        let ledger = served.value
        (report.books, report.totals) = (ledger.core.books, ledger.core.totals)
        report.held = ledger.core.held
        report.faults += auditor.verdict(on: ledger).map(\.description)
        report.faults += try comparison?.verdict() ?? []
        report.stored = comparison?.matching
    }
}
