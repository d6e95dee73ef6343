internal import MeshCore
internal import MeshWire

/// What an edge says on the stream of an answer: how far it has it for good, each time as an item of its own.
package enum AnswerReceipt {
    /// The edge has the first `offset` bytes of the answer.
    package static func streamBytes(of offset: UInt64) -> [UInt8] {
        let record = WireWriter.bytes { writer in
            writer.writeArrayHead(count: 1)
            writer.write(offset)
        }
        return WireWriter.bytes { $0.write(bytes: record) }
    }
}

/// Cuts what an edge says on the stream of an answer into receipts, however the bytes arrive.
package struct ReceiptDecoder: ~Copyable {
    private var cutter = ItemCutter(maximumItemBytes: Limits.Escalation.maximumReceiptBytes)

    /// A decoder at the beginning of a stream.
    package init() {}

    /// How far the edge is by the newest receipt that `bytes` complete; nil where they complete none.
    package mutating func take(_ bytes: [UInt8]) throws(EscalationFailure) -> UInt64? {
        var newest: UInt64?
        for content in try cutter.take(bytes) {
            do throws(WireError) {
                var reader = WireReader(content.span.bytes)
                let tail = try reader.beginRecord(fields: 1)
                newest = try reader.readUInt64()
                try reader.endRecord(tail)
                try reader.finish()
            } catch {
                throw EscalationFailure(.answerMalformed, "a receipt cannot be read")
            }
        }
        return newest
    }
}
