package import MeshCore
package import MeshWire

/// A book of an account.
///
/// What a posting takes from one it adds to others, so that all of them add up to nothing.
package enum Book: UInt64, LedgerNumber, CaseIterable {
    /// Knowledge credits: what the account has earned or was given for knowledge. Never below nothing.
    case knowledge = 0
    /// What the account was granted. Never below nothing.
    case granted = 1
    /// What the account has paid ahead. Never below nothing.
    case paid = 2
    /// Usage that nobody has been told of yet: below nothing, what the account owes.
    case metered = 3
    /// Usage that Stripe is told of, in a period that is open: below nothing, what the account owes.
    case flushed = 4
    /// Usage on invoices, less what was paid of them: below nothing, what the account owes.
    case invoiced = 5
    /// What providers take.
    case upstream = 6
    /// What we take.
    case fee = 7
    /// What was given back of charges: below nothing.
    case refunds = 8
    /// What was put right by hand.
    case corrections = 9
    /// What was given away: below nothing.
    case issued = 10
    /// What was paid to us: below nothing.
    case received = 11
}

/// Out of what a call is paid, in the order in which it is taken.
package enum Fund: UInt64, LedgerNumber, CaseIterable {
    /// Knowledge credits.
    case knowledge = 0
    /// What was granted.
    case granted = 1
    /// What was paid ahead.
    case paid = 2

    /// Its book.
    package var book: Book {
        switch self {
        case .knowledge: .knowledge
        case .granted: .granted
        case .paid: .paid
        }
    }

    /// The word that people write: `granted`.
    package var name: String {
        switch self {
        case .knowledge: "knowledge"
        case .granted: "granted"
        case .paid: "paid"
        }
    }

    /// The fund called `name`.
    package init?(name: String) {
        guard let fund = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = fund
    }
}

/// What stands in each book of an account.
package struct Books: Hashable, Sendable {
    private var knowledge: Int128 = 0
    private var granted: Int128 = 0
    private var paid: Int128 = 0
    private var metered: Int128 = 0
    private var flushed: Int128 = 0
    private var invoiced: Int128 = 0
    private var upstream: Int128 = 0
    private var fee: Int128 = 0
    private var refunds: Int128 = 0
    private var corrections: Int128 = 0
    private var issued: Int128 = 0
    private var received: Int128 = 0

    /// Books in which nothing stands.
    package init() {}

    /// Nano-dollars in `book`.
    package private(set) subscript(book: Book) -> Int128 {
        get {
            switch book {
            case .knowledge: knowledge
            case .granted: granted
            case .paid: paid
            case .metered: metered
            case .flushed: flushed
            case .invoiced: invoiced
            case .upstream: upstream
            case .fee: fee
            case .refunds: refunds
            case .corrections: corrections
            case .issued: issued
            case .received: received
            }
        }
        set {
            switch book {
            case .knowledge: knowledge = newValue
            case .granted: granted = newValue
            case .paid: paid = newValue
            case .metered: metered = newValue
            case .flushed: flushed = newValue
            case .invoiced: invoiced = newValue
            case .upstream: upstream = newValue
            case .fee: fee = newValue
            case .refunds: refunds = newValue
            case .corrections: corrections = newValue
            case .issued: issued = newValue
            case .received: received = newValue
            }
        }
    }

    /// Takes the legs of one posting in.
    package mutating func take(_ legs: [Leg]) {
        for leg in legs { self[leg.book] += leg.amount }
    }

    /// What all books come to: nothing, always.
    package var sum: Int128 { Book.allCases.reduce(0) { $0 + self[$1] } }

    /// What is left of all that was given or paid ahead.
    package var credits: Int128 { knowledge + granted + paid }

    /// What the account owes: below nothing where it has paid more than it owed.
    package var owed: Int128 { -(metered + flushed + invoiced) }
}

extension Books: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: Book.allCases.count)
        for book in Book.allCases { writer.write(self[book]) }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: Book.allCases.count)
        for book in Book.allCases { self[book] = try reader.readInt128() }
        try reader.endRecord(tail)
    }
}

/// What one posting does to one book.
package struct Leg: Hashable, Sendable {
    /// The book.
    package let book: Book

    /// Nano-dollars: above nothing where they come, below where they go.
    package let amount: Int128

    /// `amount` nano-dollars to `book`.
    package init(_ book: Book, _ amount: Int128) {
        self.book = book
        self.amount = amount
    }

    /// `amount` to `book`.
    package init(_ book: Book, _ amount: Money) { self.init(book, Int128(amount.nanodollars)) }
}

extension Leg: WireCodable {
    /// What fits 64 bits, as nearly everything does, is one integer; what does not is sixteen bytes behind a zero.
    package func encode(into writer: inout WireWriter) {
        let small = Int64(exactly: amount)
        writer.writeArrayHead(count: small == nil ? 3 : 2)
        book.encode(into: &writer)
        writer.write(small ?? 0)
        if small == nil { writer.write(amount) }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let count = try reader.beginArray()
        guard count >= 2 else { throw WireError(.missingFields, "a leg of \(count) fields") }
        book = try Book(from: &reader)
        let small = try reader.readInt64()
        amount = count > 2 ? try reader.readInt128() : Int128(small)
        for _ in 0..<max(0, count - 3) { try reader.skipItem() }
        reader.endNesting()
    }
}
