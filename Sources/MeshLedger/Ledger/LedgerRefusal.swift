package import MeshCore
package import MeshWire

/// Why a ledger does not do as it is told; nothing has changed.
package enum LedgerRefusal: Error, Hashable, Sendable {
    /// The credit does not suffice: 402, `credit_ceiling_exceeded`.
    case ceilingExceeded(needed: Money, available: Money)
    /// The account may not use what costs money.
    case suspended(Suspension)
    /// The guest's quota does not suffice.
    case guestQuotaSpent(needed: Money, available: Money)
    /// The id was used for something else.
    case conflict
    /// The call has ended: answering as before would be leave to make it again.
    case callEnded
    /// Nobody knows the call, or it has been forgotten.
    case unknownCall
    /// As many calls have something set aside as may.
    case tooManyHolds
    /// As many invites' guests are paid for as may.
    case tooManyGuests
    /// As many entries were made in a while as can be known.
    case tooManyEntries
    /// The amount is nothing, below nothing, or beyond reason.
    case badAmount
    /// There is only so much to take or to give back.
    case insufficient(Money)
    /// There is no such meter event.
    case unknownFlush
    /// The period is not over.
    case periodOpen
    /// The meter event is on its way: whoever bills may take it yet.
    case flushOnItsWay

    private var number: UInt64 {
        switch self {
        case .ceilingExceeded: 0
        case .suspended: 1
        case .guestQuotaSpent: 2
        case .conflict: 3
        case .callEnded: 4
        case .unknownCall: 5
        case .tooManyHolds: 6
        case .tooManyGuests: 7
        case .tooManyEntries: 8
        case .badAmount: 9
        case .insufficient: 10
        case .unknownFlush: 11
        case .periodOpen: 12
        case .flushOnItsWay: 13
        }
    }
}

extension LedgerRefusal: WireCodable {
    /// As `[number, first, second]`, in which nothing stands for what a case has not.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        writer.write(number)
        switch self {
        case .ceilingExceeded(let needed, let available), .guestQuotaSpent(let needed, let available):
            writer.write(needed)
            writer.write(available)
        case .suspended(let reason):
            writer.write(reason.rawValue)
            writer.write(Int64(0))
        case .insufficient(let amount):
            writer.write(amount)
            writer.write(Int64(0))
        case .conflict, .callEnded, .unknownCall, .tooManyHolds, .tooManyGuests, .tooManyEntries, .badAmount,
            .unknownFlush, .periodOpen, .flushOnItsWay:
            writer.write(Int64(0))
            writer.write(Int64(0))
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        let number = try reader.readUInt64()
        let first = try reader.readInt64()
        let second = Money(nanodollars: try reader.readInt64())
        try reader.endRecord(tail)
        let amount = Money(nanodollars: first)
        let plain: [LedgerRefusal] = [
            .ceilingExceeded(needed: amount, available: second),
            .suspended(UInt64(exactly: first).flatMap(Suspension.init(rawValue:)) ?? .operatorStop),
            .guestQuotaSpent(needed: amount, available: second), .conflict, .callEnded, .unknownCall, .tooManyHolds,
            .tooManyGuests, .tooManyEntries, .badAmount, .insufficient(amount), .unknownFlush, .periodOpen,
            .flushOnItsWay,
        ]
        guard let index = Int(exactly: number), plain.indices.contains(index) else {
            throw WireError(.invalidValue, "no such refusal")
        }
        self = plain[index]
    }
}
