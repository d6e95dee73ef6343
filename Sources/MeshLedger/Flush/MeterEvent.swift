package import MeshActors
package import MeshCore
package import MeshWire

/// Usage that Stripe is told of: what a line of an invoice is made of.
package struct MeterEvent: Hashable, Sendable {
    /// The same for every try, in every life: the account, its postings since the last one, and a mark of amount and
    /// time.
    ///
    /// Without the mark, an account that was restored from a backup would count the same postings again, and Stripe
    /// take other usage for what it knows already.
    package let identifier: String

    /// Millionths of a dollar.
    package let microdollars: Int64

    /// When the usage is said to have been.
    package let time: WallTime

    /// Stripe's name for the account; nil where nobody has told it.
    package let customer: String?

    /// When somebody last looked for it at Stripe and did not find it; nil where nobody has.
    package private(set) var lookedAt: WallTime?

    /// The event `microdollars` over the postings `range` of `account`.
    package init(
        account: String,
        range: ClosedRange<UInt64>,
        microdollars: Int64,
        time: WallTime,
        customer: String?
    ) {
        identifier = "\(Self.name(of: account, range))|\(Self.mark(microdollars, time))"
        self.microdollars = microdollars
        self.time = time
        self.customer = customer
    }

    #if PLANTED_BUGS
    /// The same under another identifier.
    package init(_ event: MeterEvent, attempt: Int) {
        identifier = attempt > 1 ? "\(event.identifier)#\(attempt)" : event.identifier
        microdollars = event.microdollars
        time = event.time
        customer = event.customer
        lookedAt = event.lookedAt
    }
    #endif

    /// The same, for which somebody has looked in vain at `time`.
    package func missed(at time: WallTime) -> MeterEvent {
        var event = self
        event.lookedAt = time
        return event
    }

    /// What it comes to.
    package var amount: Money { Money(clamping: Int128(microdollars) * Self.nanodollars) }

    /// Nano-dollars of a millionth of a dollar.
    static let nanodollars: Int128 = 1_000

    private static func mark(_ microdollars: Int64, _ time: WallTime) -> String {
        let content = SHA256.digest(Array("\(microdollars)|\(time.millisecondsSince1970)".utf8))
        return Hexadecimal.encode(Array(content.bytes.prefix(4)))
    }

    /// What all events of these postings are called: `mesh|acct-1|usage|1-7`.
    ///
    /// With a mark behind it, it has at most a hundred bytes, as Stripe wants it.
    private static func name(of account: String, _ range: ClosedRange<UInt64>) -> String {
        let isShort = account.utf8.count <= Limits.Ledger.maximumIdentifierName
        let name =
            isShort
            ? account
            : Hexadecimal.encode(Array(SHA256.digest(Array(account.utf8)).bytes.prefix(16)))
        return "mesh|\(name)|usage|\(range.lowerBound)-\(range.upperBound)"
    }
}

/// What became of telling Stripe.
package enum MeterOutcome: Hashable, Sendable {
    /// It knows, by this telling or an earlier one.
    case delivered
    /// It will never take it; a word that says why. People look at it, and have it tried again.
    case refused(String)
}

/// A meter event that is not known to be delivered.
package struct OutboxEntry: Hashable, Sendable {
    /// What to tell.
    package internal(set) var event: MeterEvent

    /// The event that asked for it, at the latest.
    package internal(set) var position: EventPosition

    /// Why Stripe does not take it; nil while it is on its way.
    package internal(set) var refusal: String?
}

extension MeterEvent: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: lookedAt == nil ? 4 : 5)
        writer.write(identifier)
        writer.write(microdollars)
        writer.write(time)
        customer.encode(into: &writer)
        if let lookedAt { writer.write(lookedAt) }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 4)
        identifier = try reader.readName()
        microdollars = try reader.readInt64()
        time = try reader.readTime()
        customer = try reader.readOptionalName()
        lookedAt = try reader.readAppended(Int64.self, in: &tail).map(WallTime.init(millisecondsSince1970:))
        try reader.endRecord(tail)
    }
}

extension MeterOutcome: WireCodable {
    package func encode(into writer: inout WireWriter) {
        switch self {
        case .delivered: writer.writeNil()
        case .refused(let word): writer.write(word)
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        self = try reader.readNil() ? .delivered : .refused(try reader.readName())
    }
}

extension OutboxEntry: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        event.encode(into: &writer)
        position.encode(into: &writer)
        refusal.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        event = try MeterEvent(from: &reader)
        position = try EventPosition(from: &reader)
        refusal = try reader.readOptionalName()
        try reader.endRecord(tail)
    }
}
