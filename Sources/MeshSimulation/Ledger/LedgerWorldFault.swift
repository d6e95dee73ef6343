/// One thing that can befall a world of accounts; each seed draws which of them are on.
package enum LedgerWorldFault: String, SeededFault {
    /// The hub's process ends, and another begins on the same journal.
    case crash
    /// The hub's process ends when an append is durable, and before anybody is told of it.
    case crashBehindCommit
    /// The hub hands its accounts over, and begins anew.
    case drain
    /// The hub does nothing for a while, and then goes on.
    case pause
    /// The calendar jumps, forward or back.
    case clockJump
    /// A month ends.
    case monthEnd
    /// The store does not answer for a while.
    case storeAway
    /// Answers of the store get lost.
    case lostAnswers
    /// Appends reach the store after they were given up.
    case lateAppends
    /// Whoever bills cannot be reached.
    case billerAway
    /// Whoever bills takes an event, and its answer gets lost.
    case lostReceipts
    /// Whoever bills does not want an event.
    case billerRefuses
    /// The same is asked for again, also at the same time.
    case repeats
    /// The same id is asked for with other content.
    case conflicts
    /// Somebody has money set aside, and never says what became of it.
    case abandoned
    /// Somebody says very late what was used.
    case lateWords
    /// More is used than was set aside.
    case overdrafts
    /// Another model answers in place of the one that was asked.
    case substitutes
    /// Guests use what a host pays, up to a quota.
    case guests
    /// Credits, payments, corrections and refunds come in between.
    case entries
    /// Accounts change their tier.
    case tiers
    /// Accounts are stopped, and let go on.
    case suspensions

    /// Whether it happens at a time, and does not lie in what is asked.
    var isTimed: Bool {
        switch self {
        case .crash, .crashBehindCommit, .drain, .pause, .clockJump, .monthEnd, .storeAway, .lostAnswers, .lateAppends,
            .billerAway, .lostReceipts, .billerRefuses:
            true
        case .repeats, .conflicts, .abandoned, .lateWords, .overdrafts, .substitutes, .guests, .entries, .tiers,
            .suspensions:
            false
        }
    }
}
