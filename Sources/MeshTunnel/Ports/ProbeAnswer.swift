package import MeshWire

/// What a hub answers to a probe.
package struct ProbeAnswer: WireCodable, Hashable {
    /// Over how many milliseconds its edges shall spread their return, if it should vanish.
    package let windowMilliseconds: UInt32

    /// The hub's calendar, in milliseconds since 1970.
    package let wallTimeMilliseconds: Int64

    /// An answer.
    package init(windowMilliseconds: UInt32, wallTimeMilliseconds: Int64) {
        self.windowMilliseconds = windowMilliseconds
        self.wallTimeMilliseconds = wallTimeMilliseconds
    }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        windowMilliseconds.encode(into: &writer)
        wallTimeMilliseconds.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        windowMilliseconds = try reader.readInteger(as: UInt32.self)
        wallTimeMilliseconds = try reader.readInt64()
        try reader.endRecord(tail)
    }
}
