internal import MeshCore
package import MeshWire

/// How much of an upload has been received: what a stream for `progress` answers, and the last word of one for `put`.
package struct UploadProgress: WireCodable, Hashable {
    /// Bytes that the receiver has.
    package let received: UInt64

    /// Whether that is all.
    package let isComplete: Bool

    /// An amount.
    package init(received: UInt64, isComplete: Bool) {
        self.received = received
        self.isComplete = isComplete
    }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        received.encode(into: &writer)
        isComplete.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        received = try reader.readUInt64()
        isComplete = try reader.readBool()
        try reader.endRecord(tail)
        guard received <= Limits.ByteStream.maximumLength else {
            throw WireError(.invalidValue, "more was received than any stream holds")
        }
    }
}
