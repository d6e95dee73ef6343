package import MeshChat
package import MeshCore
package import MeshWire

/// What a call used, and how it ended: what makes two settlements the same one.
package struct SettledUsage: Hashable, Sendable {
    /// The tokens.
    package let usage: ChatUsage
    /// How it ended.
    package let end: CallEnd

    /// `usage` of a call that ended so.
    package init(usage: ChatUsage, end: CallEnd) {
        self.usage = usage
        self.end = end
    }
}

extension SettledUsage: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        writer.write(usage)
        end.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        usage = try reader.readUsage()
        end = try CallEnd(from: &reader)
        try reader.endRecord(tail)
    }
}

extension UniqueID {
    /// The id that stands for a name given elsewhere, such as a payment's: the same name, the same id.
    package init(named name: String) {
        let bytes = SHA256.digest(Array(name.utf8)).bytes
        func half(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: half(0..<8), low: half(8..<16))
    }
}
