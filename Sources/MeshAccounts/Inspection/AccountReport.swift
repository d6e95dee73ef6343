package import MeshLedger

/// What an inspection has found of one account.
package struct AccountReport: Hashable, Sendable {
    /// Whose.
    package let account: String
    /// Entries of its journal.
    package internal(set) var entries = UInt64(0)
    /// Its postings.
    package internal(set) var postings = UInt64(0)
    /// Where the books stand behind the last entry, as a hub would find them.
    package internal(set) var books = Books()
    /// What all postings come to.
    package internal(set) var totals = LedgerTotals()
    /// What is set aside.
    package internal(set) var held = Int128(0)
    /// Postings in the database of usage that are the journal's; nil where there is no database.
    package internal(set) var stored: UInt64?
    /// What does not hold.
    package internal(set) var faults: [String] = []

    /// Nothing yet of `account`.
    init(_ account: String) { self.account = account }

    /// Nano-dollars owed of which nobody has been told.
    package var unflushed: Int128 { -books[.metered] }
}
