package import MeshCore
package import MeshWire

/// An entry that is known, so that it is not made twice: a credit, a refund, a correction or a payment.
package struct KnownEntry: Hashable, Sendable {
    /// By which it is known.
    package let id: UniqueID
    /// What stands for its whole content.
    package let fingerprint: UInt64
    /// When it was made.
    package let time: WallTime
    /// What was answered.
    package let receipt: EntryReceipt
}

/// The entries that are known.
package struct KnownEntries: Hashable, Sendable {
    /// The oldest first.
    package private(set) var entries: [KnownEntry] = []

    /// None.
    package init() {}

    /// What is known of the entry `id`.
    package subscript(id: UniqueID) -> KnownEntry? { entries.last { $0.id == id } }

    /// Whether a further one at `time` has room: all are kept that have, and those for long that are younger than
    /// ``Limits/Ledger/entryMemory``.
    func hasRoom(at time: WallTime) -> Bool {
        guard entries.count >= Limits.Ledger.maximumEntries, let oldest = entries.first else { return true }
        return oldest.time.moved(by: Limits.Ledger.entryMemory) <= time
    }

    /// Notes one; the oldest makes room for it.
    mutating func note(_ entry: KnownEntry) {
        if entries.count >= Limits.Ledger.maximumEntries { entries.removeFirst() }
        entries.append(entry)
    }
}

extension KnownEntries: WireCodable {
    package func encode(into writer: inout WireWriter) { entries.encode(into: &writer) }

    package init(from reader: inout WireReader) throws(WireError) {
        for entry in try [KnownEntry](from: &reader) { note(entry) }
    }
}

extension KnownEntry: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 4)
        writer.write(id)
        writer.write(fingerprint)
        writer.write(time)
        receipt.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 4)
        id = try reader.readUniqueID()
        fingerprint = try reader.readUInt64()
        time = try reader.readTime()
        receipt = try EntryReceipt(from: &reader)
        try reader.endRecord(tail)
    }
}
