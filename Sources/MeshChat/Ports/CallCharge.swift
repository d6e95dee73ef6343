package import MeshCore

/// What a call was charged, and out of what: what whoever asked is told once it is settled.
package struct CallCharge: Hashable, Sendable {
    /// What whoever answered takes of us.
    package var upstream: Money
    /// What the account pays.
    package var total: Money
    /// Of this, knowledge credits.
    package var knowledge: Money
    /// Of this, what the account was granted.
    package var granted: Money
    /// Of this, what it had paid ahead.
    package var paid: Money
    /// The rest, which it owes.
    package var metered: Money

    /// What we take.
    package var fee: Money { total - upstream }

    /// A charge of these parts.
    package init(
        upstream: Money,
        total: Money,
        knowledge: Money = .zero,
        granted: Money = .zero,
        paid: Money = .zero,
        metered: Money = .zero
    ) {
        self.upstream = upstream
        self.total = total
        self.knowledge = knowledge
        self.granted = granted
        self.paid = paid
        self.metered = metered
    }

    /// Nothing was asked of anybody.
    package static let nothing = CallCharge(upstream: .zero, total: .zero)

    /// Out of what it was paid, by the words that programs read.
    package var funding: [(source: String, amount: Money)] {
        [("knowledge", knowledge), ("granted", granted), ("paid", paid), ("metered", metered)]
    }
}
