internal import MeshActors
internal import MeshCore
package import MeshLedger
package import MeshStore

/// What the accounts of a store that nobody has open say of one period, each read from its first entry on.
///
/// What counts is when an event says that the usage was: by that Stripe puts it into a month.
package struct LedgerStatements {
    private let store: StoppedStore
    private let period: BillingPeriod

    /// Of the accounts in `store`.
    package init(in store: StoppedStore, of period: BillingPeriod) {
        self.store = store
        self.period = period
    }

    /// Those of all accounts, in the order of their names.
    package func all() throws -> [LedgerStatement] {
        var statements: [LedgerStatement] = []
        var last: ActorAddress?
        while true {
            let found = try store.actors(after: last)
            guard let end = found.last else { return statements }
            last = end.address
            for summary in found {
                if let statement = try statement(at: summary.address) { statements.append(statement) }
            }
        }
    }

    /// That of `account`; nil where there is no such account.
    package func one(of account: String) throws -> LedgerStatement? {
        try statement(at: ActorAddress(Ledger.kind, account))
    }

    private func statement(at address: ActorAddress) throws -> LedgerStatement? {
        var ledger = Ledger(key: address.key)
        var flushed = Int128(0)
        var head = Head.none
        while true {
            let entries = try store.entries(of: address, after: head)
            if entries.isEmpty { break }
            for placed in entries {
                guard placed.head == head.advanced(by: 1) else {
                    throw JournalError(.corrupt, "\(address) lacks the entry behind \(head.rawValue)")
                }
                for (event, position) in try LedgerHistory.events(of: placed) {
                    ledger.apply(event, at: position)
                    switch event {
                    case .flushBegun(let told, _) where isOfPeriod(told): flushed += Int128(told.microdollars)
                    // Billed by hand: Stripe's meter never has it.
                    case .flushClosed(let closed) where !closed.isCounted && isOfPeriod(closed.event):
                        flushed -= Int128(closed.event.microdollars)
                    default: break
                    }
                }
                head = placed.head
            }
        }
        guard head > .none else { return nil }
        return LedgerStatement(
            account: address.key,
            customer: ledger.core.customer,
            period: period,
            flushed: flushed,
            outbox: ledger.outbox
        )
    }

    private func isOfPeriod(_ event: MeterEvent) -> Bool { BillingPeriod(of: event.time) == period }
}
