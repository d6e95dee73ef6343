package import MeshActors
package import MeshCore
package import MeshWire

extension Ledger {
    /// What is known of the entry `id`, whose content must be that of `fingerprint`.
    fileprivate func known(_ id: UniqueID, _ fingerprint: UInt64) throws(LedgerRefusal) -> EntryReceipt? {
        guard let entry = entries[id] else { return nil }
        guard entry.fingerprint == fingerprint else { throw .conflict }
        return entry.receipt
    }

    /// Puts credit into a fund; a top-up puts it into ``Fund/paid``.
    ///
    /// The same again has the same answer.
    package struct AddCredit: Command {
        package typealias Target = Ledger
        package typealias Reply = EntryReceipt
        package typealias Refusal = LedgerRefusal

        package static let tag: UInt32 = 5
        /// By which it is known.
        package let id: UniqueID
        /// Where it goes.
        package let fund: Fund
        /// How much.
        package let amount: Money
        /// A word for people.
        package let note: String

        /// `amount` for `fund`.
        package init(_ id: UniqueID, _ fund: Fund, _ amount: Money, note: String = "") {
            self.id = id
            self.fund = fund
            self.amount = amount
            self.note = note.cut(toBytes: Limits.Ledger.maximumNoteBytes)
        }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) throws(LedgerRefusal) -> EntryReceipt {
            let fingerprint = Fingerprint.of(self)
            if let known = try state.known(id, fingerprint) { return known }
            guard (1...Limits.Ledger.maximumEntry).contains(amount.nanodollars) else { throw .badAmount }
            var decision = LedgerDecision(state, now: turn.wallTime)
            let legs = [Leg(fund.book, amount), Leg(fund == .paid ? .received : .issued, -amount)]
            return try decision.enter(id, .credit, amount, legs, fingerprint: fingerprint, note: note, &turn)
        }
    }

    /// Gives a charge back, in part or whole, to where it was taken from: what was taken last first.
    package struct Refund: Command {
        package typealias Target = Ledger
        package typealias Reply = EntryReceipt
        package typealias Refusal = LedgerRefusal

        package static let tag: UInt32 = 6
        /// By which it is known.
        package let id: UniqueID
        /// The call.
        package let call: UniqueID
        /// How much; nil for all that is left of it.
        package let amount: Money?
        /// A word for people.
        package let note: String

        /// `amount` of what `call` was charged.
        package init(_ id: UniqueID, of call: UniqueID, _ amount: Money? = nil, note: String = "") {
            self.id = id
            self.call = call
            self.amount = amount
            self.note = note.cut(toBytes: Limits.Ledger.maximumNoteBytes)
        }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) throws(LedgerRefusal) -> EntryReceipt {
            let fingerprint = Fingerprint.of(self)
            if let known = try state.known(id, fingerprint) { return known }
            guard case .settled(let settled)? = state.ended[call]?.fate else { throw .unknownCall }
            let left = settled.receipt.charge.total - settled.refunded
            let amount = amount ?? left
            guard amount > .zero else { throw .badAmount }
            guard amount <= left else { throw .insufficient(left) }
            var decision = LedgerDecision(state, now: turn.wallTime)
            let back = settled.receipt.funding.givingBack(amount, after: settled.refunded)
            let legs = back.legs(1) + [Leg(.refunds, -amount)]
            let kind = PostingKind.refund
            return try decision.enter(id, kind, amount, legs, fingerprint: fingerprint, of: call, note: note, &turn)
        }
    }

    /// Puts a fund right by hand, upward or downward, though never below nothing.
    package struct Correct: Command {
        package typealias Target = Ledger
        package typealias Reply = EntryReceipt
        package typealias Refusal = LedgerRefusal

        package static let tag: UInt32 = 7
        /// By which it is known.
        package let id: UniqueID
        /// What is put right.
        package let fund: Fund
        /// By how much.
        package let amount: Money
        /// Why.
        package let note: String

        /// `amount` more for `fund`, or less.
        package init(_ id: UniqueID, _ fund: Fund, by amount: Money, note: String) {
            self.id = id
            self.fund = fund
            self.amount = amount
            self.note = note.cut(toBytes: Limits.Ledger.maximumNoteBytes)
        }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) throws(LedgerRefusal) -> EntryReceipt {
            // Its fields are those of a credit, which is another thing.
            let fingerprint = Fingerprint.of(Self.tag, self)
            if let known = try state.known(id, fingerprint) { return known }
            guard amount != .zero, amount.nanodollars.magnitude <= UInt64(Limits.Ledger.maximumEntry) else {
                throw .badAmount
            }
            let standing = state.core.books[fund.book]
            guard standing + Int128(amount.nanodollars) >= 0 else { throw .insufficient(Money(clamping: standing)) }
            var decision = LedgerDecision(state, now: turn.wallTime)
            let legs = [Leg(fund.book, amount), Leg(.corrections, -amount)]
            return try decision.enter(id, .correction, amount, legs, fingerprint: fingerprint, note: note, &turn)
        }
    }

    /// Notes that something of what was owed has been paid: an invoice.
    ///
    /// What is too much counts for later ones.
    package struct NotePayment: Command {
        package typealias Target = Ledger
        package typealias Reply = EntryReceipt
        package typealias Refusal = LedgerRefusal

        package static let tag: UInt32 = 8
        /// By which it is known.
        package let id: UniqueID
        /// How much.
        package let amount: Money
        /// The invoice, for people.
        package let note: String

        /// `amount` was paid.
        package init(_ id: UniqueID, _ amount: Money, note: String = "") {
            self.id = id
            self.amount = amount
            self.note = note.cut(toBytes: Limits.Ledger.maximumNoteBytes)
        }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) throws(LedgerRefusal) -> EntryReceipt {
            let fingerprint = Fingerprint.of(self)
            if let known = try state.known(id, fingerprint) { return known }
            guard (1...Limits.Ledger.maximumEntry).contains(amount.nanodollars) else { throw .badAmount }
            var decision = LedgerDecision(state, now: turn.wallTime)
            let legs = [Leg(.invoiced, amount), Leg(.received, -amount)]
            return try decision.enter(id, .payment, amount, legs, fingerprint: fingerprint, note: note, &turn)
        }
    }
}

extension Ledger.AddCredit {
    /// Writes the command.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 4)
        writer.write(id)
        fund.encode(into: &writer)
        writer.write(amount)
        writer.write(note)
    }

    /// Reads the command.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 4)
        let id = try reader.readUniqueID()
        self.init(id, try Fund(from: &reader), try reader.readMoney(), note: try reader.readText())
        try reader.endRecord(tail)
    }
}

extension Ledger.Refund {
    /// Writes the command.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 4)
        writer.write(id)
        writer.write(call)
        (amount?.nanodollars).encode(into: &writer)
        writer.write(note)
    }

    /// Reads the command.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 4)
        let id = try reader.readUniqueID()
        let call = try reader.readUniqueID()
        let amount = try Int64?(from: &reader).map(Money.init(nanodollars:))
        self.init(id, of: call, amount, note: try reader.readText())
        try reader.endRecord(tail)
    }
}

extension Ledger.Correct {
    /// Writes the command.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 4)
        writer.write(id)
        fund.encode(into: &writer)
        writer.write(amount)
        writer.write(note)
    }

    /// Reads the command.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 4)
        let id = try reader.readUniqueID()
        self.init(id, try Fund(from: &reader), by: try reader.readMoney(), note: try reader.readText())
        try reader.endRecord(tail)
    }
}

extension Ledger.NotePayment {
    /// Writes the command.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        writer.write(id)
        writer.write(amount)
        writer.write(note)
    }

    /// Reads the command.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        let id = try reader.readUniqueID()
        self.init(id, try reader.readMoney(), note: try reader.readText())
        try reader.endRecord(tail)
    }
}
