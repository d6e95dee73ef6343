package import MeshWire

/// How much of a question its model was not told, because there was no room for it.
package struct LeftOut: Hashable, Sendable {
    /// Pieces of knowledge, the last ones.
    package var knowledge: Int

    /// Things that were said before, the oldest ones.
    package var turns: Int

    /// So much; nothing unless said.
    package init(knowledge: Int = 0, turns: Int = 0) {
        self.knowledge = max(0, knowledge)
        self.turns = max(0, turns)
    }

    /// Whether all of it was told.
    package var isNothing: Bool { knowledge == 0 && turns == 0 }
}

extension LeftOut: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        writer.write(UInt64(knowledge))
        writer.write(UInt64(turns))
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        self.init(knowledge: Int(clamping: try reader.readUInt64()), turns: Int(clamping: try reader.readUInt64()))
        try reader.endRecord(tail)
    }
}
