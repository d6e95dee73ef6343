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
        if let account { return try forEach(at: ActorAddress(Ledger.kind, account), visit) }
        var last: ActorAddress?
        while true {
            let found = try store.actors(after: last)
            guard let end = found.last else { return }
            last = end.address
            for summary in found { try forEach(at: summary.address, visit) }
        }
    }

    private func forEach(at address: ActorAddress, _ visit: (UsageRow) throws -> Void) throws {
        var head = Head.none
        while true {
            let entries = try store.entries(of: address, after: head)
            guard let last = entries.last else { return }
            for placed in entries {
                for (event, _) in try LedgerHistory.events(of: placed) {
                    if let posting = event.posting { try visit(UsageRow(posting, of: address.key)) }
                }
            }
            head = last.head
        }
    }
}
