/// What is counted in a world of accounts.
package struct LedgerFigures: SeededFigures {
    /// Calls that somebody asked to set money aside for.
    package var requests = 0

    /// Of these, those that were refused.
    package var refused = 0

    /// Calls that were charged.
    package var settled = 0

    /// Of these, those whose hold had expired.
    package var late = 0

    /// Calls that used nothing.
    package var voided = 0

    /// Holds that expired.
    package var expired = 0

    /// Answers that were asked for again, and compared.
    package var repeats = 0

    /// Ids that were used for something else, and refused.
    package var conflicts = 0

    /// Credits, refunds, corrections and payments.
    package var entries = 0

    /// Events that whoever bills was told of, each counted once.
    package var told = 0

    /// Tellings of one that was known already.
    package var toldAgain = 0

    /// Nano-dollars that should be billed, by the oracle.
    package var billed: Int128 = 0

    /// Nano-dollars that are billed beyond that, or less.
    package var difference: Int128 = 0

    /// Nothing yet.
    package init() {}

    package mutating func add(_ other: LedgerFigures) {
        requests += other.requests
        refused += other.refused
        settled += other.settled
        late += other.late
        voided += other.voided
        expired += other.expired
        repeats += other.repeats
        conflicts += other.conflicts
        entries += other.entries
        told += other.told
        toldAgain += other.toldAgain
        billed += other.billed
        difference += other.difference < 0 ? -other.difference : other.difference
    }

    package func lines(events: Int) -> [String] {
        [
            "requests: \(requests), refused \(refused), charged \(settled), of these late \(late), voided \(voided), "
                + "expired \(expired)",
            "asked again \(repeats), ids used for something else \(conflicts), entries \(entries)",
            "meter events \(told), told again \(toldAgain); \(events) events checked",
            "billed \(billed) nano-dollars; beside the oracle: \(difference)",
        ]
    }

    package var fields: [JSONField] {
        [
            JSONField("requests", requests), JSONField("refused", refused), JSONField("settled", settled),
            JSONField("late", late), JSONField("voided", voided), JSONField("expired", expired),
            JSONField("repeats", repeats), JSONField("conflicts", conflicts), JSONField("entries", entries),
            JSONField("told", told), JSONField("told_again", toldAgain), JSONField("billed_nanodollars", billed),
            JSONField("difference_nanodollars", difference),
        ]
    }
}
