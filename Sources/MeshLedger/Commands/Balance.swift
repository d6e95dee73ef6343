package import MeshCore
package import MeshWire

/// How an account stands.
package struct Balance: Hashable, Sendable {
    /// Its tier.
    package private(set) var tier: LedgerTier
    /// Why it may not use what costs money, of several reasons the one that is hardest to end; nil while it may.
    package let suspension: Suspension?
    /// Knowledge credits.
    package let knowledge: Money
    /// What is left of what it was granted.
    package let granted: Money
    /// What is left of what it paid ahead.
    package let paid: Money
    /// What it owes.
    package let owed: Money
    /// Of this, what Stripe is not told of yet.
    package let unflushed: Money
    /// How much it may owe.
    package private(set) var ceiling: Money
    /// What is set aside.
    package let held: Money
    /// For how many calls.
    package let holds: Int
    /// What can be set aside: credits and ceiling, less what is owed and held.
    package private(set) var available: Money
    /// Meter events on their way, or refused.
    package let outbox: Int
    /// How many of these were refused: they wait for people.
    package let refused: Int
    /// How many postings there are.
    package let postings: UInt64
    /// The row of the policy that it goes by; empty before there was any.
    package let policyVersion: String
    /// Stripe's name for it.
    package let customer: String?

    /// What is left of all that was given or paid ahead.
    package var credits: Money { knowledge + granted + paid }

    /// The same of an account that has gone by no terms yet as it will be once it asks for something by `terms`.
    package func expecting(_ terms: LedgerTerms) -> Balance {
        guard policyVersion.isEmpty else { return self }
        var balance = self
        balance.tier = terms.newAccounts
        balance.ceiling = terms[terms.newAccounts].ceiling
        balance.available = available + balance.ceiling - ceiling
        return balance
    }

    init(_ ledger: Ledger, _ core: LedgerCore) {
        tier = core.tier
        suspension = core.suspension
        knowledge = Money(clamping: core.books[.knowledge])
        granted = Money(clamping: core.books[.granted])
        paid = Money(clamping: core.books[.paid])
        owed = Money(clamping: core.books.owed)
        unflushed = Money(clamping: core.unflushed)
        ceiling = core.ceiling
        held = Money(clamping: core.held)
        holds = ledger.holds.count
        available = Money(clamping: core.available)
        outbox = core.outboxCount
        refused = ledger.outbox.count { $0.refusal != nil }
        postings = core.postings
        policyVersion = core.policyVersion
        customer = core.customer
    }
}

extension Balance: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 16)
        tier.encode(into: &writer)
        suspension.encode(into: &writer)
        for amount in [knowledge, granted, paid, owed, unflushed, ceiling, held, available] { writer.write(amount) }
        writer.write(count: holds)
        writer.write(count: outbox)
        writer.write(postings)
        writer.write(policyVersion)
        customer.encode(into: &writer)
        writer.write(count: refused)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 15)
        tier = try LedgerTier(from: &reader)
        suspension = try Suspension?(from: &reader)
        knowledge = try reader.readMoney()
        granted = try reader.readMoney()
        paid = try reader.readMoney()
        owed = try reader.readMoney()
        unflushed = try reader.readMoney()
        ceiling = try reader.readMoney()
        held = try reader.readMoney()
        available = try reader.readMoney()
        holds = try reader.readCount()
        outbox = try reader.readCount()
        postings = try reader.readUInt64()
        policyVersion = try reader.readName()
        customer = try reader.readOptionalName()
        refused = Int(clamping: try reader.readAppended(UInt64.self, in: &tail) ?? 0)
        try reader.endRecord(tail)
    }
}
