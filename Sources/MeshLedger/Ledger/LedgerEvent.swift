package import MeshCore
package import MeshWire

extension Ledger {
    /// One change.
    package indirect enum Event: Hashable, Sendable {
        /// The account has another tier, or its tier other terms.
        case planned(Plan)
        /// Money was set aside.
        case reserved(Hold)
        /// A call was charged.
        case settled(Settlement)
        /// A call used nothing; so much is not set aside any more.
        case voided(UniqueID, released: Money)
        /// Nobody has said in time what a call used; so much is not set aside any more.
        case expired(UniqueID, released: Money)
        /// A credit, a refund, a correction or a payment was made.
        case entered(Entry)
        /// What was owed beyond the ceiling was taken of what was paid.
        case covered(Posting)
        /// The tier's grant of a month was given.
        case monthGranted(Posting)
        /// The account may not use what costs money, for this reason too.
        case suspended(Suspension)
        /// It may again, whatever the reasons were: so accounts ended the one reason that they had room for.
        case resumed
        /// Stripe's name for the account is known.
        case customerSet(String)
        /// Stripe is to be told of usage.
        case flushBegun(MeterEvent, Posting)
        /// It has been told, or does not want to be.
        case flushEnded(String, MeterOutcome)
        /// It is to be told again, though it did not want to be; where somebody has looked for it in vain, since when.
        case flushRetried(String, lookedAt: WallTime?)
        /// It is not to be told again, because people have seen to it.
        case flushClosed(ClosedFlush)
        /// A period takes no more usage; its invoice, unless that is nothing.
        case periodClosed(BillingPeriod, Posting?)
        /// The guests of an invite are not paid for any more.
        case guestEnded(String)
        /// The account may not use what costs money, for something that is known by an id.
        case stopped(Stop)
        /// An invoice is not to be paid any more.
        case invoiceEnded(String)
        /// It is not stopped for this reason any more; it may be for others.
        case reasonEnded(Suspension)
    }

    /// What an account has agreed to.
    package struct Plan: Hashable, Sendable {
        /// The tier.
        package let tier: LedgerTier
        /// How much it may owe.
        package let ceiling: Money
        /// From how much unflushed usage on Stripe is told.
        package let flushThreshold: Money
        /// The row of the policy.
        package let policyVersion: String
    }

    /// A call that was charged.
    package struct Settlement: Hashable, Sendable {
        /// The money.
        package let posting: Posting
        /// What is not set aside any more; nothing where the hold had expired, or there was none.
        package let released: Money
        /// What stands for the call's content.
        package let call: UInt64
        /// Who answered in place of the model that was asked: the price in its hold does not count then.
        package let substitute: Substitute?
        /// What stands for the outcome that was told.
        package let outcome: UInt64
        /// What was answered.
        package let receipt: ChargeReceipt
    }

    /// What stops an account under an id.
    package struct Stop: Hashable, Sendable {
        /// By which it is known.
        package let id: UniqueID
        /// The invoice that is not paid; nil where an operator is to look.
        package let invoice: String?
    }

    /// A credit, a refund, a correction or a payment.
    package struct Entry: Hashable, Sendable {
        /// The money.
        package let posting: Posting
        /// What stands for its content.
        package let fingerprint: UInt64
        /// What was answered.
        package let receipt: EntryReceipt
    }
}

extension Ledger.Event {
    /// The money that moves; nil where none does.
    package var posting: Posting? {
        switch self {
        case .settled(let settlement): settlement.posting
        case .entered(let entry): entry.posting
        case .covered(let posting), .monthGranted(let posting), .flushBegun(_, let posting): posting
        case .periodClosed(_, let posting): posting
        case .planned, .reserved, .voided, .expired, .suspended, .resumed, .customerSet, .flushEnded, .flushRetried,
            .flushClosed, .guestEnded, .stopped, .invoiceEnded, .reasonEnded:
            nil
        }
    }
}

extension Ledger.Plan: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 4)
        tier.encode(into: &writer)
        writer.write(ceiling)
        writer.write(flushThreshold)
        writer.write(policyVersion)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 4)
        tier = try LedgerTier(from: &reader)
        ceiling = try reader.readMoney()
        flushThreshold = try reader.readMoney()
        policyVersion = try reader.readName()
        try reader.endRecord(tail)
    }
}

extension Ledger.Settlement: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 6)
        posting.encode(into: &writer)
        writer.write(released)
        writer.write(call)
        substitute.encode(into: &writer)
        writer.write(outcome)
        receipt.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 6)
        posting = try Posting(from: &reader)
        released = try reader.readMoney()
        call = try reader.readUInt64()
        substitute = try Substitute?(from: &reader)
        outcome = try reader.readUInt64()
        receipt = try ChargeReceipt(from: &reader)
        try reader.endRecord(tail)
    }
}

extension Ledger.Stop: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        writer.write(id)
        invoice.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        id = try reader.readUniqueID()
        invoice = try reader.readOptionalName()
        try reader.endRecord(tail)
    }
}

extension Ledger.Entry: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        posting.encode(into: &writer)
        writer.write(fingerprint)
        receipt.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        posting = try Posting(from: &reader)
        fingerprint = try reader.readUInt64()
        receipt = try EntryReceipt(from: &reader)
        try reader.endRecord(tail)
    }
}
