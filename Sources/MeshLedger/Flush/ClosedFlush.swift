internal import MeshCore
package import MeshWire

/// A meter event that people have closed: nobody sends it any more, and its usage stays owed.
package struct ClosedFlush: Hashable, Sendable {
    /// Which.
    package let event: MeterEvent

    /// Whether Stripe had it after all; otherwise it stands on an invoice that somebody has written by hand.
    package let isCounted: Bool

    /// Why, in the words of whoever did it.
    package let note: String
}

extension ClosedFlush: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        event.encode(into: &writer)
        writer.write(isCounted)
        writer.write(note)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        event = try MeterEvent(from: &reader)
        isCounted = try reader.readBool()
        note = try reader.readText().cut(toBytes: Limits.Ledger.maximumNoteBytes)
        try reader.endRecord(tail)
    }
}
