/// Up to where the journal of an account stands in the database.
package struct UsageCursor: Hashable, Sendable {
    /// Whose journal.
    package let account: String

    /// How many of its entries are contained, whole ones.
    package let head: UInt64

    /// The command of the last of them: a journal that has another one there is another journal.
    package let command: String

    /// The last posting that is contained.
    package let number: UInt64

    /// Of `account`, up to its entry `head`, which is that of `command`.
    package init(account: String, head: UInt64, command: String, number: UInt64) {
        self.account = account
        self.head = head
        self.command = command
        self.number = number
    }

    /// Before the first entry of `account`.
    package init(beforeAllOf account: String) { self.init(account: account, head: 0, command: "", number: 0) }
}

/// What the journal of one account has gained.
package struct UsageAddition: Hashable, Sendable {
    /// Where the database stands; something else there refuses the addition.
    package let from: UsageCursor

    /// Where it will stand.
    package let to: UsageCursor

    /// The postings between.
    package let rows: [UsageRow]

    /// `rows`, between two places of one account's journal.
    package init(from: UsageCursor, to: UsageCursor, rows: [UsageRow]) {
        self.from = from
        self.to = to
        self.rows = rows
    }
}
