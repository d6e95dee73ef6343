internal import MeshCore
package import MeshWire

extension Ledger.Reserve {
    /// Writes the command.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        call.encode(into: &writer)
        terms.encode(into: &writer)
        writer.write(life.wholeNanoseconds / 1_000_000)
    }

    /// Reads the command.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        let call = try LedgerCall(from: &reader)
        let terms = try LedgerTerms(from: &reader)
        self.init(call, terms: terms, life: .milliseconds(try reader.readInt64()))
        try reader.endRecord(tail)
    }
}

extension Ledger.Settle {
    /// Writes the command.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        writer.write(id)
        used.encode(into: &writer)
    }

    /// Reads the command.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        id = try reader.readUniqueID()
        used = try SettledUsage(from: &reader)
        try reader.endRecord(tail)
    }
}

extension Ledger.VoidHold {
    /// Writes the command.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 1)
        writer.write(id)
    }

    /// Reads the command.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 1)
        id = try reader.readUniqueID()
        try reader.endRecord(tail)
    }
}

extension Ledger.Record {
    /// Writes the command.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        call.encode(into: &writer)
        terms.encode(into: &writer)
    }

    /// Reads the command.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        call = try LedgerCall(from: &reader)
        terms = try LedgerTerms(from: &reader)
        try reader.endRecord(tail)
    }
}
