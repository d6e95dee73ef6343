internal import MeshCore
package import MeshWire

/// An event stands as `[number, fields…]`; records grow at the end.
extension Ledger.Event: WireCodable {
    package func encode(into writer: inout WireWriter) {
        switch self {
        case .planned(let plan): write(0, [plan], into: &writer)
        case .reserved(let hold): write(1, [hold], into: &writer)
        case .settled(let settlement): write(2, [settlement], into: &writer)
        case .voided(let id, let released): write(3, [id, released.nanodollars], into: &writer)
        case .expired(let id, let released): write(4, [id, released.nanodollars], into: &writer)
        case .entered(let entry): write(5, [entry], into: &writer)
        case .covered(let posting): write(6, [posting], into: &writer)
        case .monthGranted(let posting): write(7, [posting], into: &writer)
        case .suspended(let reason): write(8, [reason], into: &writer)
        case .resumed: write(9, [], into: &writer)
        case .customerSet(let name): write(10, [name], into: &writer)
        case .flushBegun(let event, let posting): write(11, [event, posting], into: &writer)
        case .flushEnded(let identifier, let outcome): write(12, [identifier, outcome], into: &writer)
        case .flushRetried(let identifier, nil): write(13, [identifier], into: &writer)
        case .flushRetried(let identifier, let time?):
            write(13, [identifier, time.millisecondsSince1970], into: &writer)
        case .periodClosed(let period, let posting): write(14, [period, posting], into: &writer)
        case .guestEnded(let invite): write(15, [invite], into: &writer)
        case .stopped(let stop): write(16, [stop], into: &writer)
        case .invoiceEnded(let invoice): write(17, [invoice], into: &writer)
        case .reasonEnded(let reason): write(18, [reason], into: &writer)
        case .flushClosed(let closed): write(19, [closed], into: &writer)
        }
    }

    private func write(_ number: UInt64, _ fields: [any WireCodable], into writer: inout WireWriter) {
        writer.writeArrayHead(count: 1 + fields.count)
        writer.write(number)
        for field in fields { field.encode(into: &writer) }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let count = try reader.beginArray()
        guard count >= 1 else { throw WireError(.missingFields, "an event of no fields") }
        let number = try reader.readUInt64()
        guard let fields = Self.fieldCount(number) else { throw WireError(.invalidValue, "no such event") }
        guard count > fields else { throw WireError(.missingFields, "an event of \(count) fields") }
        var read = 1 + fields
        switch number {
        case 0: self = .planned(try Ledger.Plan(from: &reader))
        case 1: self = .reserved(try Hold(from: &reader))
        case 2: self = .settled(try Ledger.Settlement(from: &reader))
        case 3: self = .voided(try reader.readUniqueID(), released: try reader.readMoney())
        case 4: self = .expired(try reader.readUniqueID(), released: try reader.readMoney())
        case 5: self = .entered(try Ledger.Entry(from: &reader))
        case 6: self = .covered(try Posting(from: &reader))
        case 7: self = .monthGranted(try Posting(from: &reader))
        case 8: self = .suspended(try Suspension(from: &reader))
        case 9: self = .resumed
        case 10: self = .customerSet(try reader.readName())
        case 11: self = .flushBegun(try MeterEvent(from: &reader), try Posting(from: &reader))
        case 12: self = .flushEnded(try reader.readName(), try MeterOutcome(from: &reader))
        case 13:
            let identifier = try reader.readName()
            self = .flushRetried(identifier, lookedAt: count > read ? try reader.readTime() : nil)
            read = min(count, read + 1)
        case 14: self = .periodClosed(try BillingPeriod(from: &reader), try Posting?(from: &reader))
        case 15: self = .guestEnded(try reader.readName())
        case 16: self = .stopped(try Ledger.Stop(from: &reader))
        case 17: self = .invoiceEnded(try reader.readName())
        case 18: self = .reasonEnded(try Suspension(from: &reader))
        default: self = .flushClosed(try ClosedFlush(from: &reader))
        }
        for _ in read..<count { try reader.skipItem() }
        reader.endNesting()
    }

    /// Fields behind the number; nil where no event has it.
    private static func fieldCount(_ number: UInt64) -> Int? {
        switch number {
        case 9: 0
        case 3, 4, 11, 12, 14: 2
        case 0...19: 1
        default: nil
        }
    }
}
