internal import MeshChat
internal import MeshCore
internal import MeshWire

// What a call was charged, and why nobody pays for one, as they travel: money is whole nano-dollars.

extension WireWriter {
    mutating func write(_ charge: CallCharge?) {
        guard let charge else { return writeNil() }
        writeArrayHead(count: 6)
        for part in [charge.upstream, charge.total, charge.knowledge, charge.granted, charge.paid, charge.metered] {
            write(part.nanodollars)
        }
    }

    mutating func write(_ credit: CreditRefusal?) {
        guard let credit else { return writeNil() }
        writeArrayHead(count: 4)
        write(credit.reason.number)
        (credit.needed?.nanodollars).encode(into: &self)
        (credit.available?.nanodollars).encode(into: &self)
        credit.topUpURL.encode(into: &self)
    }
}

extension WireReader {
    @_lifetime(self: copy self)
    mutating func readCharge() throws(WireError) -> CallCharge? {
        if try readNil() { return nil }
        let tail = try beginRecord(fields: 6)
        let charge = CallCharge(
            upstream: Money(nanodollars: try readInt64()),
            total: Money(nanodollars: try readInt64()),
            knowledge: Money(nanodollars: try readInt64()),
            granted: Money(nanodollars: try readInt64()),
            paid: Money(nanodollars: try readInt64()),
            metered: Money(nanodollars: try readInt64())
        )
        try endRecord(tail)
        return charge
    }

    /// A reason that is not known counts as the ceiling, which means the same for whoever asks.
    @_lifetime(self: copy self)
    mutating func readCredit() throws(WireError) -> CreditRefusal? {
        if try readNil() { return nil }
        let tail = try beginRecord(fields: 4)
        let reason = CreditRefusal.Reason(number: try readUInt64()) ?? .ceiling
        let needed = try Int64?(from: &self).map { Money(nanodollars: $0) }
        let available = try Int64?(from: &self).map { Money(nanodollars: $0) }
        let url = try readNil() ? nil : try readText(atMost: Limits.Chat.maximumURLBytes)
        try endRecord(tail)
        return CreditRefusal(reason, needed: needed, available: available, topUpURL: url)
    }
}

extension CreditRefusal.Reason {
    /// By numbers that never change.
    fileprivate var number: UInt64 {
        switch self {
        case .ceiling: 0
        case .suspended: 1
        case .guestQuota: 2
        }
    }

    fileprivate init?(number: UInt64) {
        guard let reason = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = reason
    }
}
