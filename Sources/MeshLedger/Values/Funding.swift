package import MeshCore
package import MeshWire

/// Out of what a charge was paid: knowledge credits first, then what was granted, then what was paid ahead; the rest is
/// metered, and owed.
package struct Funding: Hashable, Sendable {
    /// Of knowledge credits.
    package let knowledge: Money
    /// Of what was granted.
    package let granted: Money
    /// Of what was paid ahead.
    package let paid: Money
    /// Owed.
    package let metered: Money

    /// A charge of `total`, as far as `books` have what it takes.
    package init(of total: Money, from books: Books) {
        var rest = total
        func take(_ book: Book) -> Money {
            let part = min(rest, Money(clamping: max(0, books[book])))
            rest = rest - part
            return part
        }
        knowledge = take(.knowledge)
        granted = take(.granted)
        paid = take(.paid)
        metered = rest
    }

    init(knowledge: Money, granted: Money, paid: Money, metered: Money) {
        self.knowledge = knowledge
        self.granted = granted
        self.paid = paid
        self.metered = metered
    }

    /// All that was taken.
    package var total: Money { credits + metered }

    /// What was taken of credits, of whichever kind.
    package var credits: Money { knowledge + granted + paid }

    /// What goes back where of a refund of `amount`, when `before` has gone back already: what was taken last goes back
    /// first.
    package func givingBack(_ amount: Money, after before: Money) -> Funding {
        var skipped = before
        var rest = amount
        func back(_ part: Money) -> Money {
            let gone = min(skipped, part)
            skipped = skipped - gone
            let given = min(rest, part - gone)
            rest = rest - given
            return given
        }
        let metered = back(metered)
        let paid = back(paid)
        let granted = back(granted)
        return Funding(knowledge: back(knowledge), granted: granted, paid: paid, metered: metered)
    }

    /// What it does to the books: `sign` -1 takes, 1 gives back; what changes nothing is left out.
    func legs(_ sign: Int128) -> [Leg] {
        let parts: [(Book, Money)] = [
            (.knowledge, knowledge), (.granted, granted), (.paid, paid), (.metered, metered),
        ]
        return parts.filter { $0.1 != .zero }.map { Leg($0.0, sign * Int128($0.1.nanodollars)) }
    }
}

extension Funding: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 4)
        for part in [knowledge, granted, paid, metered] { writer.write(part) }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 4)
        knowledge = try reader.readMoney()
        granted = try reader.readMoney()
        paid = try reader.readMoney()
        metered = try reader.readMoney()
        try reader.endRecord(tail)
    }
}
