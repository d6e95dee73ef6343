package import MeshCore

/// What tiers pay for which kind of use, from which day on: one multiplier for each pair, never a product of two.
package struct LedgerPolicy: Hashable, Sendable {
    /// The day of the table, which stands in the version of each row.
    package let version: String

    /// The tier of an account that nobody has put in one, where whoever runs the hub does not say otherwise.
    package static let tierOfNewAccounts = LedgerTier.free

    /// Terms and the day from which they hold, the oldest first.
    package let rows: [Row]

    /// Terms from a day on.
    package struct Row: Hashable, Sendable {
        /// They hold from this moment on, until the next row does.
        package let from: WallTime
        /// What holds.
        package let terms: LedgerTerms
    }

    /// The policy that ships with the program.
    package static let shipped: Result<LedgerPolicy, LedgerError> = Result { () throws(LedgerError) in
        try LedgerPolicy(text: LedgerPolicyFile.text)
    }

    /// A policy of these rows; throws where they are not in order, or one of them is beyond reason.
    package init(version: String, rows: [Row]) throws(LedgerError) {
        self.version = version
        self.rows = rows
        guard !rows.isEmpty else { throw Self.wrong("it has no row") }
        guard rows.count <= Limits.Ledger.maximumPolicyRows else { throw Self.wrong("it has too many rows") }
        for (earlier, later) in zip(rows, rows.dropFirst()) where earlier.from >= later.from {
            throw Self.wrong("its rows are not in the order of their days")
        }
        for row in rows {
            let amount = 0...Limits.Ledger.maximumEntry
            guard (1_000...Limits.Ledger.maximumEntry).contains(row.terms.flushThreshold.nanodollars) else {
                throw Self.wrong("`flushAt` is below a millionth of a dollar or beyond reason")
            }
            for tier in LedgerTier.allCases {
                let terms = row.terms[tier]
                for kind in UseKind.allCases
                where !(1_000...Limits.Ledger.highestMultiplier).contains(terms.rate(of: kind).thousandths) {
                    throw Self.wrong("the multiplier of \(tier.name) for \(kind.name) is below 1 or beyond reason")
                }
                guard amount.contains(terms.ceiling.nanodollars), amount.contains(terms.grant.nanodollars) else {
                    throw Self.wrong("a ceiling or a grant of \(tier.name) is below nothing or beyond reason")
                }
            }
        }
    }

    /// What holds at `time`; before the first row, what it says.
    package func terms(at time: WallTime) -> LedgerTerms {
        (rows.last { $0.from <= time } ?? rows[0]).terms
    }

    static func wrong(_ message: String) -> LedgerError { LedgerError(.malformedPolicy, "the policy: \(message)") }
}
