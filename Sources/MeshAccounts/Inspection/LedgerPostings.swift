internal import MeshActors
internal import MeshCore
internal import MeshLedger
package import MeshStore
package import MeshUsageStore

/// The postings of a store that nobody has open, account by account, each account's in order.
package struct LedgerPostings {
    private let store: StoppedStore

    /// Those in `store`.
    package init(in store: StoppedStore) { self.store = store }

    /// Hands each posting to `visit`, of `account` alone where one is named.
    package func forEach(of account: String?, _ visit: (UsageRow) throws -> Void) throws {
        guard let account else {
            return try store.forEachAccount { try forEach(at: $0.address, to: $0.head, visit) }
        }
        let address = try ActorAddress(Ledger.kind, account)
        try forEach(at: address, to: store.look(at: address).head, visit)
    }

    private func forEach(at address: ActorAddress, to end: Head, _ visit: (UsageRow) throws -> Void) throws {
        try store.forEachPage(of: address, to: end) { page in
            for placed in page {
                for (event, _) in try LedgerHistory.events(of: placed) {
                    if let posting = event.posting { try visit(UsageRow(posting, of: address.key)) }
                }
            }
        }
    }
}
