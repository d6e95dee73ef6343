internal import MeshCore

/// Something about an account that cannot be.
package struct LedgerFault: Hashable, Sendable, CustomStringConvertible {
    /// What must hold.
    package let rule: Rule

    /// The two figures that should be the same, or a word about it.
    package let detail: String

    /// What must hold.
    package enum Rule: String, Hashable, Sendable, CaseIterable {
        /// All books of an account, and all legs of a posting, come to nothing.
        case sum = "everything comes to nothing"
        /// The journal, told again, gives the balances that the account has.
        case replay = "the journal gives the balances"
        /// What Stripe was told of, what it was not told of, and what credits paid for are the usage.
        case usage = "flushed, unflushed and credit-funded are the usage"
        /// What stands on invoices, and what will, is what Stripe was told of.
        case invoices = "invoices are what was flushed"
        /// What is set aside is what stands aside for each call.
        case holds = "what is held is held for calls"
        /// No fund is below nothing.
        case funds = "no fund is below nothing"
        /// Postings are numbered from 1 without a gap, and each counts in a period that was open.
        case order = "postings are numbered and in open periods"
        /// A charge is its price, its multiplier and its usage, rounded once.
        case charge = "a charge is what was used at the price agreed on"
    }

    /// One line for people.
    package var description: String { "\(rule.rawValue): \(detail)" }
}

/// What must hold of every account at every time, each held against figures that were come by in another way.
package enum LedgerProof {
    /// What does not hold of `ledger` by itself.
    package static func faults(of ledger: Ledger) -> [LedgerFault] {
        var faults: [LedgerFault] = []
        func expect(_ rule: LedgerFault.Rule, _ what: String, _ left: Int128, _ right: Int128) {
            if left != right { faults.append(LedgerFault(rule: rule, detail: "\(what): \(left), and not \(right)")) }
        }
        let core = ledger.core
        let (books, totals) = (core.books, core.totals)
        expect(.sum, "all books", books.sum, 0)
        expect(.usage, "charges", books[.upstream] + books[.fee], totals.charged)
        expect(.usage, "refunds", -books[.refunds], totals.refunded)
        let told = totals.flushed + core.unflushed + totals.creditFunded
        expect(.usage, "usage", told, totals.charged - totals.refunded)
        let coming = core.open.reduce(0) { $0 + $1.flushed }
        expect(.invoices, "invoices and what comes on the next ones", totals.invoiced + coming, totals.flushed)
        expect(.invoices, "flushed of open periods", -books[.flushed], coming)
        expect(.holds, "held", core.held, ledger.holds.values.reduce(0) { $0 + Int128($1.amount.nanodollars) })
        expect(.holds, "outbox", Int128(core.outboxCount), Int128(ledger.outbox.count))
        for (invite, use) in ledger.guests.sorted(by: { $0.key < $1.key }) {
            let held = ledger.holds.values.reduce(Int128(0)) {
                $1.call.guest?.invite == invite ? $0 + Int128($1.amount.nanodollars) : $0
            }
            expect(.holds, "held for a guest", Int128(use.held.nanodollars), held)
        }
        for fund in Fund.allCases where books[fund.book] < 0 {
            faults.append(LedgerFault(rule: .funds, detail: "\(fund) is \(books[fund.book])"))
        }
        let mostBillable = max(0, core.unflushed)
        if core.billable < 0 || core.billable > mostBillable || core.tier != .free && core.billable != mostBillable {
            faults.append(LedgerFault(rule: .usage, detail: "\(core.billable) is billed of \(mostBillable)"))
        }
        for open in core.open {
            let usage = ledger.periods.first { $0.period == open.period }
            expect(.invoices, "flushed in \(open.period)", usage?.flushed ?? 0, open.flushed)
        }
        for usage in ledger.periods {
            let models = usage[.model].values.reduce(Int128(0)) { $0 + $1.charged }
            expect(.usage, "models of \(usage.period)", models, usage.total.charged)
        }
        return faults
    }
}
