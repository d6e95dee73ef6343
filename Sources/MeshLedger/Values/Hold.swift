package import MeshCore
package import MeshWire

/// Money that is set aside for a call, with all that its charge will go by.
package struct Hold: Hashable, Sendable {
    /// The call.
    package let call: LedgerCall
    /// The tier of the account when it was set aside.
    package let tier: LedgerTier
    /// What the tier had agreed to: its multipliers stay, whatever changes before the call is charged.
    package let terms: TierTerms
    /// The row of the policy that they come from.
    package let policyVersion: String
    /// How much.
    package let amount: Money
    /// What was left then.
    package let available: Money
    /// Since when.
    package let reservedAt: WallTime
    /// From when on it does not count any more.
    package let expiresAt: WallTime

    /// The one multiplier of the call, unless a model of another kind answers in its place.
    package var rate: ChargeRate { terms.rate(of: call.kind) }

    /// What its asker is told, however often it asks.
    package var receipt: HoldReceipt {
        HoldReceipt(amount: amount, available: available, tier: tier, rate: rate, expiresAt: expiresAt)
    }
}

/// What is told of a hold.
package struct HoldReceipt: Hashable, Sendable {
    /// How much is set aside.
    package let amount: Money
    /// What was left beside it.
    package let available: Money
    /// The tier.
    package let tier: LedgerTier
    /// The one multiplier.
    package let rate: ChargeRate
    /// From when on it does not count any more.
    package let expiresAt: WallTime
}

/// What is told of a charge, or of an entry.
package struct ChargeReceipt: Hashable, Sendable {
    /// What was charged.
    package let charge: Charge
    /// Out of what.
    package let funding: Funding
    /// What of it lies beyond the ceiling.
    package let overdraft: Money
    /// What is left, without what is set aside.
    package let available: Money
}

/// What is told of a credit, a refund, a correction or a payment.
package struct EntryReceipt: Hashable, Sendable {
    /// The posting.
    package let number: UInt64
    /// How much has moved.
    package let amount: Money
    /// What is left, without what is set aside.
    package let available: Money
}

extension Hold: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 8)
        call.encode(into: &writer)
        tier.encode(into: &writer)
        terms.encode(into: &writer)
        writer.write(policyVersion)
        writer.write(amount)
        writer.write(available)
        writer.write(reservedAt)
        writer.write(expiresAt)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 8)
        call = try LedgerCall(from: &reader)
        tier = try LedgerTier(from: &reader)
        terms = try TierTerms(from: &reader)
        policyVersion = try reader.readName()
        amount = try reader.readMoney()
        available = try reader.readMoney()
        reservedAt = try reader.readTime()
        expiresAt = try reader.readTime()
        try reader.endRecord(tail)
    }
}

extension HoldReceipt: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 5)
        writer.write(amount)
        writer.write(available)
        tier.encode(into: &writer)
        rate.encode(into: &writer)
        writer.write(expiresAt)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 5)
        amount = try reader.readMoney()
        available = try reader.readMoney()
        tier = try LedgerTier(from: &reader)
        rate = try ChargeRate(from: &reader)
        expiresAt = try reader.readTime()
        try reader.endRecord(tail)
    }
}

extension ChargeReceipt: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 5)
        writer.write(charge.upstream)
        writer.write(charge.total)
        funding.encode(into: &writer)
        writer.write(overdraft)
        writer.write(available)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 5)
        charge = Charge(upstream: try reader.readMoney(), total: try reader.readMoney())
        funding = try Funding(from: &reader)
        overdraft = try reader.readMoney()
        available = try reader.readMoney()
        try reader.endRecord(tail)
    }
}

extension EntryReceipt: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        writer.write(number)
        writer.write(amount)
        writer.write(available)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        number = try reader.readUInt64()
        amount = try reader.readMoney()
        available = try reader.readMoney()
        try reader.endRecord(tail)
    }
}
