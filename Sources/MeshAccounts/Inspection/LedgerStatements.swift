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

    /// What all accounts say, and which of them cannot be read.
    package struct Reading: Sendable {
        /// In the order of the accounts' names.
        package fileprivate(set) var statements: [LedgerStatement]
        /// Of which nobody can say what Stripe should have.
        package fileprivate(set) var unread: [Unread] = []

        /// Of these, all of which could be read.
        package init(statements: [LedgerStatement] = []) { self.statements = statements }
    }

    /// An account whose journal cannot be read.
    package struct Unread: Hashable, Sendable {
        /// The account.
        package let account: String
        /// Why.
        package let reason: String
    }

    /// Those of all accounts; what cannot be read of one leaves the others as they are.
    package func all() throws -> Reading {
        var reading = Reading()
        try store.forEachAccount { summary in
            do {
                reading.statements.append(try statement(at: summary.address, to: summary.head))
            } catch {
                reading.unread.append(Unread(account: summary.address.key, reason: "\(error)"))
            }
        }
        return reading
    }

    /// That of `account`; nil where there is no such account.
    package func one(of account: String) throws -> LedgerStatement? {
        let address = try ActorAddress(Ledger.kind, account)
        let end = try store.look(at: address).head
        return end > .none ? try statement(at: address, to: end) : nil
    }

    private func statement(at address: ActorAddress, to end: Head) throws -> LedgerStatement {
        var ledger = Ledger(key: address.key)
        var flushed = Int128(0)
        try store.forEachPage(of: address, to: end) { page in
            for placed in page {
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
            }
        }
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
