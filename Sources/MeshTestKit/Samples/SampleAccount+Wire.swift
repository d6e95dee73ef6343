internal import MeshActors
internal import MeshCore
package import MeshWire

extension SampleAccount.OpenTransfer: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        position.encode(into: &writer)
        writer.write(amount)
        writer.write(recipient)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        position = try EventPosition(from: &reader)
        amount = try reader.readInt64()
        recipient = try reader.readText()
        try reader.endRecord(tail)
    }
}

extension SampleAccount.Event: WireCodable {
    package func encode(into writer: inout WireWriter) {
        if case .transferBegun = self { writer.writeArrayHead(count: 3) } else { writer.writeArrayHead(count: 2) }
        switch self {
        case .deposited(let amount):
            writer.write(UInt64(0))
            writer.write(amount)
        case .withdrawn(let amount):
            writer.write(UInt64(1))
            writer.write(amount)
        case .transferBegun(let amount, let recipient):
            writer.write(UInt64(2))
            writer.write(amount)
            writer.write(recipient)
        case .transferEnded(let position):
            writer.write(UInt64(3))
            position.encode(into: &writer)
        case .reminderSet(let time):
            writer.write(UInt64(4))
            writer.write(time.millisecondsSince1970)
        case .reminded:
            writer.write(UInt64(5))
            writer.writeNil()
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        switch try reader.readUInt64() {
        case 0: self = .deposited(try reader.readInt64())
        case 1: self = .withdrawn(try reader.readInt64())
        case 2:
            let amount = try reader.readInt64()
            self = .transferBegun(amount, recipient: try reader.readText())
        case 3: self = .transferEnded(try EventPosition(from: &reader))
        case 4: self = .reminderSet(WallTime(millisecondsSince1970: try reader.readInt64()))
        case 5:
            guard try reader.readNil() else { throw WireError(.invalidValue, "a reminder with content") }
            self = .reminded
        case let number: throw WireError(.invalidValue, "no event has the number \(number)")
        }
        try reader.endRecord(tail)
    }
}
