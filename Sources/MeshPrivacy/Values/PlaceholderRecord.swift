package import MeshCore
package import MeshWire

/// A map as it is kept: originals in the clear, so only ever inside something encrypted.
package struct PlaceholderRecord: WireCodable {
    struct Entry {
        let kind: PersonalKind
        let original: String
        let packed: UInt64
    }

    /// When the map was last used.
    package let lastUse: WallTime
    let entries: [Entry]

    init(lastUse: WallTime, entries: [Entry]) {
        self.lastUse = lastUse
        self.entries = entries
    }

    /// An array of two: milliseconds since 1970, and the entries, each an array of kind, original and placeholder.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        writer.write(lastUse.millisecondsSince1970)
        writer.writeArrayHead(count: entries.count)
        for entry in entries {
            writer.writeArrayHead(count: 3)
            writer.write(entry.kind.number)
            writer.write(entry.original)
            writer.write(entry.packed)
        }
    }

    /// Reads a record; whether it belongs to a conversation is said when a map is made of it.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        lastUse = WallTime(millisecondsSince1970: try reader.readInt64())
        let count = try reader.beginArray()
        guard count <= Limits.Privacy.maximumPlaceholders else {
            throw WireError(.tooManyElements, "a map has at most \(Limits.Privacy.maximumPlaceholders) placeholders")
        }
        var entries: [Entry] = []
        entries.reserveCapacity(WireReader.roomBeforeReading(count))
        for _ in 0..<count {
            let tail = try reader.beginRecord(fields: 3)
            guard let kind = PersonalKind(number: try reader.readUInt64()) else {
                throw WireError(.invalidValue, "a map holds a kind that nobody knows")
            }
            entries.append(Entry(kind: kind, original: try reader.readText(), packed: try reader.readUInt64()))
            try reader.endRecord(tail)
        }
        reader.endNesting()
        self.entries = entries
        try reader.endRecord(tail)
    }
}

extension PlaceholderRecord: CustomStringConvertible, CustomReflectable {
    package var description: String { "a record of \(entries.count) placeholders" }

    /// Empty, so that no dump shows it.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
