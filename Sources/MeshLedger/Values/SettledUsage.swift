package import MeshChat
package import MeshCore
package import MeshWire

/// A model that answered in the place of the one that was asked.
package struct Substitute: Hashable, Sendable {
    /// Its name in the table.
    package let model: String
    /// What kind of use it is.
    package let kind: UseKind
    /// What it cost when the call was admitted.
    package let price: ModelPrice

    /// The model called so.
    package init(model: String, kind: UseKind, price: ModelPrice) {
        self.model = model.cut(toBytes: Limits.Ledger.maximumNameBytes)
        self.kind = kind
        self.price = price
    }
}

/// What a call used, and how it ended: what makes two settlements the same one.
package struct SettledUsage: Hashable, Sendable {
    /// The tokens.
    package let usage: ChatUsage
    /// How it ended.
    package let end: CallEnd
    /// Who answered in place of the model that was asked; nil where it was that one.
    package let substitute: Substitute?

    /// `usage` of a call that ended so.
    package init(usage: ChatUsage, end: CallEnd, substitute: Substitute? = nil) {
        self.usage = usage
        self.end = end
        self.substitute = substitute
    }

    /// What stands for it where it is remembered.
    var fingerprint: UInt64 { Fingerprint.of(self) }
}

extension Substitute: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        writer.write(model)
        kind.encode(into: &writer)
        writer.write(price)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        self.init(model: try reader.readName(), kind: try UseKind(from: &reader), price: try reader.readPrice())
        try reader.endRecord(tail)
    }
}

extension SettledUsage: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        writer.write(usage)
        end.encode(into: &writer)
        substitute.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        usage = try reader.readUsage()
        end = try CallEnd(from: &reader)
        substitute = try Substitute?(from: &reader)
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
