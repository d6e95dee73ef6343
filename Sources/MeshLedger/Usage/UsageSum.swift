internal import MeshChat
internal import MeshCore
package import MeshWire

/// What many calls come to.
package struct UsageSum: Hashable, Sendable {
    /// How many.
    package private(set) var calls: Int64 = 0
    /// Tokens read, and paid in full.
    package private(set) var inputTokens: Int64 = 0
    /// Tokens that the provider still had.
    package private(set) var cacheReadTokens: Int64 = 0
    /// Tokens that it was asked to keep, for however long.
    package private(set) var cacheWriteTokens: Int64 = 0
    /// Tokens said.
    package private(set) var outputTokens: Int64 = 0
    /// Nano-dollars that providers take.
    package private(set) var upstream: Int128 = 0
    /// Nano-dollars charged, before refunds.
    package private(set) var charged: Int128 = 0
    /// Nano-dollars of these that came out of credits.
    package private(set) var fromCredits: Int128 = 0
    /// Nano-dollars given back; counted in the period of the refund, and in no row.
    package private(set) var refunded: Int128 = 0

    /// Of no calls.
    package init() {}

    /// A posting is one of them; what is neither a charge nor a refund changes nothing.
    package mutating func add(_ posting: Posting) {
        switch posting.kind {
        case .charge:
            guard let call = posting.call else { return }
            calls = Self.sum(calls, 1)
            inputTokens = Self.sum(inputTokens, call.usage.inputTokens)
            cacheReadTokens = Self.sum(cacheReadTokens, call.usage.cacheReadTokens)
            cacheWriteTokens = Self.sum(cacheWriteTokens, call.usage.cacheWriteTokens)
            cacheWriteTokens = Self.sum(cacheWriteTokens, call.usage.longCacheWriteTokens)
            outputTokens = Self.sum(outputTokens, call.usage.outputTokens)
            upstream += posting[.upstream]
            charged += posting[.upstream] + posting[.fee]
            fromCredits -= posting[.knowledge] + posting[.granted] + posting[.paid]
        case .refund: refunded -= posting[.refunds]
        case .credit, .correction, .cover, .flush, .invoice, .payment: return
        }
    }

    /// Other calls are among them.
    package mutating func add(_ other: UsageSum) {
        calls = Self.sum(calls, Int(other.calls))
        inputTokens = Self.sum(inputTokens, Int(other.inputTokens))
        cacheReadTokens = Self.sum(cacheReadTokens, Int(other.cacheReadTokens))
        cacheWriteTokens = Self.sum(cacheWriteTokens, Int(other.cacheWriteTokens))
        outputTokens = Self.sum(outputTokens, Int(other.outputTokens))
        upstream += other.upstream
        charged += other.charged
        fromCredits += other.fromCredits
        refunded += other.refunded
    }

    /// Counts of tokens stop at the end; money has room for all there can be.
    private static func sum(_ count: Int64, _ more: Int) -> Int64 {
        let (sum, overflow) = count.addingReportingOverflow(Int64(more))
        return overflow ? .max : sum
    }
}

extension UsageSum: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 9)
        for count in [calls, inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens] { writer.write(count) }
        for amount in [upstream, charged, fromCredits, refunded] { writer.write(amount) }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 9)
        calls = try reader.readInt64()
        inputTokens = try reader.readInt64()
        cacheReadTokens = try reader.readInt64()
        cacheWriteTokens = try reader.readInt64()
        outputTokens = try reader.readInt64()
        upstream = try reader.readInt128()
        charged = try reader.readInt128()
        fromCredits = try reader.readInt128()
        refunded = try reader.readInt128()
        try reader.endRecord(tail)
    }
}
