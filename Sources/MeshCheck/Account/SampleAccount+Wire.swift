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
        writer.writeArrayHead(count: 3)
        switch self {
        case .deposited(let amount): write(0, amount, into: &writer)
        case .withdrawn(let amount): write(1, amount, into: &writer)
        case .transferBegun(let amount, let recipient):
            writer.write(UInt64(2))
            writer.write(amount)
            writer.write(recipient)
        case .transferEnded(let position):
            writer.write(UInt64(3))
            position.encode(into: &writer)
            writer.writeNil()
        case .reminderSet(let time): write(4, time.millisecondsSince1970, into: &writer)
        case .reminded: write(5, 0, into: &writer)
        }
    }

    private func write(_ number: UInt64, _ amount: Int64, into writer: inout WireWriter) {
        writer.write(number)
        writer.write(amount)
        writer.writeNil()
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        let number = try reader.readUInt64()
        if number == 3 {
            self = .transferEnded(try EventPosition(from: &reader))
            try reader.skipItem()
        } else {
            let amount = try reader.readInt64()
            let recipient = try String?(from: &reader)
            switch (number, recipient) {
            case (0, nil): self = .deposited(amount)
            case (1, nil): self = .withdrawn(amount)
            case (2, let recipient?): self = .transferBegun(amount, recipient: recipient)
            case (4, nil): self = .reminderSet(WallTime(millisecondsSince1970: amount))
            case (5, nil): self = .reminded
            default: throw WireError(.invalidValue, "no event has the number \(number)")
            }
        }
        try reader.endRecord(tail)
    }
}
