package import MeshCore

/// A trace stands in a record as `[id, span, flags]`: sixteen bytes, and two unsigned integers.
extension TraceContext: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        writer.write(high: high, low: low)
        writer.write(span)
        writer.write(UInt64(flags))
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        let (high, low) = try reader.readSixteenBytes()
        let span = try reader.readUInt64()
        let flags: UInt8 = try reader.readInteger()
        try reader.endRecord(tail)
        guard let trace = TraceContext(high: high, low: low, span: span, flags: flags) else {
            throw WireError(.invalidValue, "no trace is zero")
        }
        self = trace
    }
}

extension WireReader {
    /// Reads the trace that a newer peer's record may end with; nil where it is absent, or the record ends before it.
    @_lifetime(self: copy self)
    package mutating func readTrace(_ tail: inout RecordTail) throws(WireError) -> TraceContext? {
        tail.takesField() ? try TraceContext?(from: &self) : nil
    }
}
