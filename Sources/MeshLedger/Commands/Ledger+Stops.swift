package import MeshActors
package import MeshCore
package import MeshWire

extension Ledger {
    /// Forbids the account what costs money for something that is known by an id, once; replies whether it is new.
    ///
    /// The same again changes nothing, also where the stop has ended meanwhile: whoever has looked at it has looked.
    package struct StopFor: Command {
        package typealias Target = Ledger
        package typealias Reply = Bool
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 22
        /// By which it is known.
        package let id: UniqueID
        /// The invoice that is not paid; nil where an operator is to look.
        package let invoice: String?

        /// For what is known by `id`.
        package init(_ id: UniqueID, invoice: String? = nil) {
            self.id = id
            self.invoice = invoice?.cut(toBytes: Limits.Ledger.maximumNameBytes)
        }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> Bool {
            let stops = state.core.stops
            guard !stops.known.contains(id) else { return false }
            // What finds no room is left to the operator, and not forgotten.
            let hasRoom = invoice.map { !stops.hasNoRoom(for: $0) } ?? false
            turn.emit(.stopped(Stop(id: id, invoice: hasRoom ? invoice : nil)))
            return true
        }

        package func encode(into writer: inout WireWriter) { Stop(id: id, invoice: invoice).encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) {
            let stop = try Stop(from: &reader)
            self.init(stop.id, invoice: stop.invoice)
        }
    }

    /// An invoice is not to be paid any more; the account may again when it was the last one for which it might not.
    package struct EndInvoice: Command {
        package typealias Target = Ledger
        package typealias Reply = Done
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 23
        /// Which.
        package let invoice: String
        /// Whether something was paid for it: that ends what was told without a name, too.
        package let isPaid: Bool

        /// Of `invoice`.
        package init(_ invoice: String, isPaid: Bool) {
            self.invoice = invoice.cut(toBytes: Limits.Ledger.maximumNameBytes)
            self.isPaid = isPaid
        }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> Done {
            var decision = LedgerDecision(state, now: turn.wallTime)
            for name in [invoice] + (isPaid ? [Stops.unnamed] : []) where decision.core.stops.unpaid.contains(name) {
                decision.emit(.invoiceEnded(name), &turn)
            }
            return Done()
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 2)
            writer.write(invoice)
            writer.write(isPaid)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            self.init(try reader.readName(), isPaid: try reader.readBool())
            try reader.endRecord(tail)
        }
    }
}
