package import MeshActors
internal import MeshCore
package import MeshWire

extension Ledger {
    /// Asks what Stripe is still to be told of, the oldest first; at most ``Limits/Ledger/maximumOutbox``.
    package struct ShowOutbox: Command, LedgerEmpty {
        package typealias Target = Ledger
        package typealias Reply = [OutboxEntry]
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 24

        /// The only one.
        package init() {}

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> [OutboxEntry] { state.outbox }
    }

    /// Has Stripe told again of what it did not want to be told of; one that is on its way goes on.
    ///
    /// With somebody's word that Stripe does not have it, it is sent for certain where it may be older than Stripe's
    /// memory of identifiers: from then on that memory counts again.
    package struct RetryFlush: Command {
        package typealias Target = Ledger
        package typealias Reply = MeterEvent
        package typealias Refusal = LedgerRefusal

        package static let tag: UInt32 = 16
        /// The event.
        package let identifier: String
        /// Whether somebody has looked for it at Stripe just now and not found it.
        package let isMissing: Bool

        /// The event `identifier` once more.
        package init(_ identifier: String, isMissing: Bool = false) {
            self.identifier = identifier
            self.isMissing = isMissing
        }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) throws(LedgerRefusal) -> MeterEvent {
            let entry = try state.outboxEntry(identifier)
            guard entry.refusal != nil else {
                // While it is on its way nobody can say that Stripe does not have it.
                if isMissing { throw .flushOnItsWay }
                return entry.event
            }
            turn.emit(.flushRetried(identifier, lookedAt: isMissing ? turn.wallTime : nil))
            return entry.event
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 2)
            writer.write(identifier)
            writer.write(isMissing)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            identifier = try reader.readName()
            isMissing = try reader.readBool()
            try reader.endRecord(tail)
        }
    }

    /// Ends by hand what Stripe did not want to be told of: it has it after all, or it was billed otherwise.
    package struct CloseFlush: Command {
        package typealias Target = Ledger
        package typealias Reply = MeterEvent
        package typealias Refusal = LedgerRefusal

        package static let tag: UInt32 = 25
        /// The event.
        package let identifier: String
        /// Whether Stripe has it after all.
        package let isCounted: Bool
        /// Why.
        package let note: String

        /// The event `identifier` is not sent any more.
        package init(_ identifier: String, isCounted: Bool, note: String) {
            self.identifier = identifier
            self.isCounted = isCounted
            self.note = note.cut(toBytes: Limits.Ledger.maximumNoteBytes)
        }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) throws(LedgerRefusal) -> MeterEvent {
            let entry = try state.outboxEntry(identifier)
            // What is on its way may arrive all the same, and would be billed twice.
            guard entry.refusal != nil else { throw .flushOnItsWay }
            turn.emit(.flushClosed(ClosedFlush(event: entry.event, isCounted: isCounted, note: note)))
            return entry.event
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 3)
            writer.write(identifier)
            writer.write(isCounted)
            writer.write(note)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 3)
            self.init(
                try reader.readName(),
                isCounted: try reader.readBool(),
                note: try reader.readText()
            )
            try reader.endRecord(tail)
        }
    }

    private func outboxEntry(_ identifier: String) throws(LedgerRefusal) -> OutboxEntry {
        guard let entry = outbox.first(where: { $0.event.identifier == identifier }) else { throw .unknownFlush }
        return entry
    }
}
