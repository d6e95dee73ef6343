package import MeshChat
internal import MeshCore
package import MeshWire

extension CallPlace: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        project.encode(into: &writer)
        session.encode(into: &writer)
        edge.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        self.init(
            project: try reader.readOptionalName(),
            session: try reader.readOptionalName(),
            edge: try reader.readOptionalName()
        )
        try reader.endRecord(tail)
    }
}

extension GuestPass: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        writer.write(invite)
        writer.write(quota)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        self.init(invite: try reader.readName(), quota: try reader.readMoney())
        try reader.endRecord(tail)
    }
}

extension LedgerCall: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: otherKind == nil ? 8 : 9)
        writer.write(id)
        writer.write(model)
        kind.encode(into: &writer)
        writer.write(price)
        writer.write(worst)
        writer.write(dearestCost)
        place.encode(into: &writer)
        guest.encode(into: &writer)
        otherKind?.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 8)
        let id = try reader.readUniqueID()
        let model = try reader.readName()
        let kind = try UseKind(from: &reader)
        let price = try reader.readPrice()
        let worst = try reader.readUsage()
        let dearestCost = try reader.readMoney()
        let place = try CallPlace(from: &reader)
        let guest = try GuestPass?(from: &reader)
        self.init(
            id: id,
            model: model,
            kind: kind,
            price: price,
            worst: worst,
            dearestCost: dearestCost,
            otherKind: try reader.readAppended(UseKind.self, in: &tail),
            place: place,
            guest: guest
        )
        try reader.endRecord(tail)
    }
}

extension WireWriter {
    mutating func write(_ usage: ChatUsage) {
        writeArrayHead(count: 7)
        write(count: usage.inputTokens)
        write(count: usage.cacheReadTokens)
        write(count: usage.cacheWriteTokens)
        write(count: usage.longCacheWriteTokens)
        write(count: usage.outputTokens)
        write(count: usage.reasoningTokens)
        write(usage.isEstimated)
    }

    mutating func write(_ price: ModelPrice) {
        writeArrayHead(count: price.long == nil ? 2 : 4)
        write(price.version)
        write(price.base)
        if let long = price.long {
            write(count: long.aboveTokens)
            write(long.rates)
        }
    }

    private mutating func write(_ rates: ModelPrice.Rates) {
        writeArrayHead(count: 5)
        for rate in [rates.input, rates.output, rates.cacheRead, rates.cacheWrite, rates.longCacheWrite] {
            write(rate)
        }
    }
}

extension WireReader {
    @_lifetime(self: copy self)
    mutating func readUsage() throws(WireError) -> ChatUsage {
        let tail = try beginRecord(fields: 7)
        let usage = ChatUsage(
            inputTokens: try readCount(),
            cacheReadTokens: try readCount(),
            cacheWriteTokens: try readCount(),
            longCacheWriteTokens: try readCount(),
            outputTokens: try readCount(),
            reasoningTokens: try readCount(),
            isEstimated: try readBool()
        )
        try endRecord(tail)
        return usage
    }

    /// A price; what costs less than nothing, or beyond reason, is refused.
    @_lifetime(self: copy self)
    mutating func readPrice() throws(WireError) -> ModelPrice {
        let count = try beginArray()
        guard count == 2 || count >= 4 else { throw WireError(.missingFields, "a price of \(count) fields") }
        var price = ModelPrice(version: try readName(), base: try readRates())
        if count >= 4 {
            let above = try readCount()
            price.long = ModelPrice.LongPrompt(aboveTokens: max(0, above), rates: try readRates())
        }
        for _ in 0..<max(0, count - 4) { try skipItem() }
        endNesting()
        return price
    }

    @_lifetime(self: copy self)
    private mutating func readRates() throws(WireError) -> ModelPrice.Rates {
        let tail = try beginRecord(fields: 5)
        let rates = ModelPrice.Rates(
            input: try readRate(),
            output: try readRate(),
            cacheRead: try readRate(),
            cacheWrite: try readRate(),
            longCacheWrite: try readRate()
        )
        try endRecord(tail)
        return rates
    }

    @_lifetime(self: copy self)
    private mutating func readRate() throws(WireError) -> Int64 {
        let rate = try readInt64()
        guard (0...Limits.Chat.highestRate).contains(rate) else {
            throw WireError(.invalidValue, "\(rate) nano-dollars for a million tokens")
        }
        return rate
    }
}
