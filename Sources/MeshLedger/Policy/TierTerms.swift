package import MeshCore
package import MeshWire

/// What one tier has agreed to, on one day.
package struct TierTerms: Hashable, Sendable {
    /// Of models on our nodes.
    package var local: ChargeRate

    /// Of providers' models.
    package var cloud: ChargeRate

    /// Of somebody's shared knowledge or adapter.
    package var knowledge: ChargeRate

    /// How much the account may owe.
    package var ceiling: Money

    /// What it is given once in each month, when it first asks in it.
    package var grant: Money

    /// These terms.
    package init(local: ChargeRate, cloud: ChargeRate, knowledge: ChargeRate, ceiling: Money, grant: Money = .zero) {
        self.local = local
        self.cloud = cloud
        self.knowledge = knowledge
        self.ceiling = ceiling
        self.grant = grant
    }

    /// The one factor for a call of `kind`.
    package func rate(of kind: UseKind) -> ChargeRate {
        switch kind {
        case .local: local
        case .cloud: cloud
        case .knowledge: knowledge
        }
    }
}

extension TierTerms: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 5)
        local.encode(into: &writer)
        cloud.encode(into: &writer)
        knowledge.encode(into: &writer)
        writer.write(ceiling)
        writer.write(grant)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 5)
        local = try ChargeRate(from: &reader)
        cloud = try ChargeRate(from: &reader)
        knowledge = try ChargeRate(from: &reader)
        ceiling = try reader.readMoney()
        grant = try reader.readMoney()
        try reader.endRecord(tail)
    }
}

/// What all tiers have agreed to, on one day: a row of the policy, as a command brings it to a ledger.
package struct LedgerTerms: Hashable, Sendable {
    /// Names the row for good: `2026-11-22@2026-01-01`.
    package var version: String

    /// Of unflushed usage, from which on it is told to Stripe.
    package var flushThreshold: Money

    /// Of those who pay nothing.
    package var free: TierTerms

    /// Of those who pay us for everything.
    package var managed: TierTerms

    /// Of those with keys of their own.
    package var byok: TierTerms

    /// The tier of an account that asks for the first time, unless somebody has put it in one before.
    package var newAccounts: LedgerTier

    /// Terms of these parts.
    package init(
        version: String,
        flushThreshold: Money,
        free: TierTerms,
        managed: TierTerms,
        byok: TierTerms,
        newAccounts: LedgerTier = LedgerPolicy.tierOfNewAccounts
    ) {
        self.version = version
        self.flushThreshold = flushThreshold
        self.free = free
        self.managed = managed
        self.byok = byok
        self.newAccounts = newAccounts
    }

    /// The terms of `tier`.
    package subscript(tier: LedgerTier) -> TierTerms {
        switch tier {
        case .free: free
        case .managed: managed
        case .byok: byok
        }
    }
}

extension LedgerTerms: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 6)
        writer.write(version)
        writer.write(flushThreshold)
        free.encode(into: &writer)
        managed.encode(into: &writer)
        byok.encode(into: &writer)
        newAccounts.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 5)
        version = try reader.readName()
        flushThreshold = try reader.readMoney()
        free = try TierTerms(from: &reader)
        managed = try TierTerms(from: &reader)
        byok = try TierTerms(from: &reader)
        newAccounts = try reader.readAppended(LedgerTier.self, in: &tail) ?? LedgerPolicy.tierOfNewAccounts
        try reader.endRecord(tail)
    }
}
