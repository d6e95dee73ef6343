package import MeshChat
package import MeshCore
package import MeshWire

/// Why money has moved.
package enum PostingKind: UInt64, LedgerNumber, CaseIterable {
    /// A call was used.
    case charge = 0
    /// Something was given, or paid ahead.
    case credit = 1
    /// A charge was given back, in part or whole.
    case refund = 2
    /// Something was put right by hand.
    case correction = 3
    /// What was owed beyond the ceiling of an account that nobody bills is taken of what it has paid.
    case cover = 4
    /// Usage is told to Stripe.
    case flush = 5
    /// Usage that was told to Stripe in a period stands on the invoice of that period.
    case invoice = 6
    /// Something of what was owed has been paid.
    case payment = 7
}

/// What is known of a call for ever, as it was agreed on and used.
package struct PostedCall: Hashable, Sendable {
    /// The model that answered.
    package let model: String
    /// The model that was asked and did not answer; nil where it did.
    package let asked: String?
    /// What kind of use it was.
    package let kind: UseKind
    /// The tier of the account.
    package let tier: LedgerTier
    /// The one multiplier, and of what it was taken.
    package let rate: ChargeRate
    /// The row of the policy that it comes from.
    package let policyVersion: String
    /// The row of the table of prices.
    package let priceVersion: String
    /// What was used.
    package let usage: ChatUsage
    /// How the call ended.
    package let end: CallEnd
    /// Where it belongs.
    package let place: CallPlace
    /// The invite of the guest who asked; nil for the account itself.
    package let invite: String?
    /// What of the charge lies beyond the ceiling.
    package let overdraft: Money
    /// Whether the hold had expired by then.
    package let isLate: Bool

    /// What the account pays and out of what; it stands here so that a reader needs no sums of legs.
    package let charge: Charge
}

/// How a call ended.
package enum CallEnd: UInt64, LedgerNumber, CaseIterable {
    /// The answer was complete.
    case complete = 0
    /// The client left.
    case clientLeft = 1
    /// Whoever answered broke off.
    case brokenOff = 2
    /// Told after the fact, without a hold.
    case recorded = 3
}

/// Money that has moved, for ever: nothing of it changes, and what was wrong is put right by another one.
package struct Posting: Hashable, Sendable {
    /// Its place among the account's postings, from 1, without a gap.
    package let number: UInt64
    /// By which it is known: the call's own id, or that of the credit, refund, correction or payment.
    package let id: UniqueID
    /// Why.
    package let kind: PostingKind
    /// When.
    package let time: WallTime
    /// The period in which it counts: that of `time`, or the oldest that was open where that one was closed.
    package let period: BillingPeriod
    /// What moved: the sum is nothing.
    package let legs: [Leg]
    /// The call, of a charge.
    package let call: PostedCall?
    /// What it refers to: the call of a refund.
    package let of: UniqueID?
    /// A word for people.
    package let note: String

    init(
        number: UInt64,
        id: UniqueID,
        kind: PostingKind,
        time: WallTime,
        period: BillingPeriod,
        legs: [Leg],
        call: PostedCall? = nil,
        of: UniqueID? = nil,
        note: String = ""
    ) {
        self.number = number
        self.id = id
        self.kind = kind
        self.time = time
        self.period = period
        self.legs = legs.filter { $0.amount != 0 }
        self.call = call
        self.of = of
        self.note = note
    }

    /// What all legs come to: nothing.
    package var sum: Int128 { legs.reduce(0) { $0 + $1.amount } }

    /// What it does to `book`.
    package subscript(book: Book) -> Int128 { legs.reduce(0) { $1.book == book ? $0 + $1.amount : $0 } }
}

extension PostedCall: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 15)
        writer.write(model)
        asked.encode(into: &writer)
        kind.encode(into: &writer)
        tier.encode(into: &writer)
        rate.encode(into: &writer)
        writer.write(policyVersion)
        writer.write(priceVersion)
        writer.write(usage)
        end.encode(into: &writer)
        place.encode(into: &writer)
        invite.encode(into: &writer)
        writer.write(overdraft)
        writer.write(isLate)
        writer.write(charge.upstream)
        writer.write(charge.total)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 15)
        model = try reader.readName()
        asked = try reader.readOptionalName()
        kind = try UseKind(from: &reader)
        tier = try LedgerTier(from: &reader)
        rate = try ChargeRate(from: &reader)
        policyVersion = try reader.readName()
        priceVersion = try reader.readName()
        usage = try reader.readUsage()
        end = try CallEnd(from: &reader)
        place = try CallPlace(from: &reader)
        invite = try reader.readOptionalName()
        overdraft = try reader.readMoney()
        isLate = try reader.readBool()
        charge = Charge(upstream: try reader.readMoney(), total: try reader.readMoney())
        try reader.endRecord(tail)
    }
}

extension Posting: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 9)
        writer.write(number)
        writer.write(id)
        kind.encode(into: &writer)
        writer.write(time)
        period.encode(into: &writer)
        legs.encode(into: &writer)
        call.encode(into: &writer)
        of.encode(into: &writer)
        writer.write(note)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 9)
        number = try reader.readUInt64()
        id = try reader.readUniqueID()
        kind = try PostingKind(from: &reader)
        time = try reader.readTime()
        period = try BillingPeriod(from: &reader)
        legs = try [Leg](from: &reader)
        call = try PostedCall?(from: &reader)
        of = try UniqueID?(from: &reader)
        note = try reader.readText()
        try reader.endRecord(tail)
    }
}
