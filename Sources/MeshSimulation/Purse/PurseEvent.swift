internal import MeshActors
package import MeshCore
package import MeshWire

/// One change of a ``Purse``, as it stands in the journal.
package enum PurseEvent: Hashable, Sendable {
    case deposited(Int64)
    case withdrawn(Int64)
    /// Withdrawn, and to be paid out in the world.
    case sent(Int64)
    /// The payment that the event at the position asked for has been made.
    case settled(PaymentPlace)
    case alarmSet(WallTime)
    case rang
}

extension PurseEvent: WireCodable {
    package func encode(into writer: inout WireWriter) {
        let (code, first, second): (Int64, Int64, Int64) =
            switch self {
            case .deposited(let amount): (1, amount, 0)
            case .withdrawn(let amount): (2, amount, 0)
            case .sent(let amount): (3, amount, 0)
            case .settled(let position): (4, Int64(position.head.rawValue), Int64(position.index))
            case .alarmSet(let time): (5, time.millisecondsSince1970, 0)
            case .rang: (6, 0, 0)
            }
        writer.writeArrayHead(count: 3)
        for number in [code, first, second] { writer.write(number) }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        let (code, first, second) = (try reader.readInt64(), try reader.readInt64(), try reader.readInt64())
        try reader.endRecord(tail)
        switch code {
        case 1: self = .deposited(first)
        case 2: self = .withdrawn(first)
        case 3: self = .sent(first)
        case 4:
            self = .settled(PaymentPlace(head: Head(rawValue: UInt64(clamping: first)), index: Int(clamping: second)))
        case 5: self = .alarmSet(WallTime(millisecondsSince1970: first))
        case 6: self = .rang
        default: throw WireError(.invalidValue, "no event of a purse has the number \(code)")
        }
    }
}
