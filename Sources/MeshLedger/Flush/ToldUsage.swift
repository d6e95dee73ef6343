package import MeshWire

/// What Stripe should know of one month of an account.
package struct ToldUsage: Hashable, Sendable {
    /// Stripe's name for the account; nil where nobody has told it.
    package let customer: String?

    /// Nano-dollars that Stripe's meter has in that month, or will have once `outbox` is delivered.
    package let told: Int128

    /// What of them is not known to be delivered.
    package let outbox: [OutboxEntry]
}

extension ToldUsage: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        customer.encode(into: &writer)
        writer.write(told)
        outbox.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        customer = try reader.readOptionalName()
        told = try reader.readInt128()
        outbox = try [OutboxEntry](from: &reader)
        try reader.endRecord(tail)
    }
}
