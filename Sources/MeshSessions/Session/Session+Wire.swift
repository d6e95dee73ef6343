internal import MeshActors
internal import MeshCore
package import MeshWire

extension Session {
    /// Writes the snapshot.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 12)
        writer.write(key)
        writer.write(phase.rawValue)
        title.encode(into: &writer)
        messages.encode(into: &writer)
        context.encode(into: &writer)
        model.encode(into: &writer)
        writer.write(created)
        writer.write(updated)
        writer.write(nextNumber)
        writer.write(forgotten)
        answers.encode(into: &writer)
        untold.encode(into: &writer)
    }

    /// Reads the snapshot.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 12)
        self.init(key: try reader.readText(atMost: Limits.Address.maximumKeyBytes))
        guard let phase = Phase(rawValue: try reader.readUInt64()) else {
            throw WireError(.invalidValue, "no session is like that")
        }
        self.phase = phase
        title = try reader.readOptionalText(atMost: Limits.Sessions.maximumTitleBytes)
        messages = try reader.readList(of: SessionMessage.self, atMost: Limits.Sessions.maximumMessages)
        context = try SessionContext(from: &reader)
        model = try reader.readModel()
        created = try reader.readTime()
        updated = try reader.readTime()
        nextNumber = try reader.readUInt64()
        forgotten = try reader.readUInt64()
        answers = try reader.readList(of: AnsweredRun.self, atMost: Limits.Sessions.maximumAnsweredRuns)
        untold = try EventPosition?(from: &reader)
        try reader.endRecord(tail)
        bytes = messages.reduce(0) { $0 + $1.text.utf8.count }
    }
}

extension Session.AnsweredRun: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        run.encode(into: &writer)
        writer.write(number)
        writer.write(bytes: digest.bytes)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        run = try UniqueID(from: &reader)
        number = try reader.readUInt64()
        let hash = try reader.readBytes()
        guard hash.count == SHA256Digest.byteCount else { throw WireError(.invalidValue, "no SHA-256") }
        digest = hash.withUnsafeBytes { SHA256Digest($0) }
        try reader.endRecord(tail)
    }
}

extension Session.Event: WireCodable {
    package func encode(into writer: inout WireWriter) {
        switch self {
        case .created(let model, let context, let time):
            head(4, 0, into: &writer)
            model.encode(into: &writer)
            context.encode(into: &writer)
            writer.write(time)
        case .added(let message, let question):
            head(3, 1, into: &writer)
            message.encode(into: &writer)
            question.encode(into: &writer)
        case .contextChanged(let context, let time):
            head(3, 2, into: &writer)
            context.encode(into: &writer)
            writer.write(time)
        case .modelPreferred(let model, let time):
            head(3, 3, into: &writer)
            model.encode(into: &writer)
            writer.write(time)
        case .cleared(let time):
            head(2, 4, into: &writer)
            writer.write(time)
        case .deleted(let time):
            head(2, 5, into: &writer)
            writer.write(time)
        case .indexTold(let position):
            head(2, 6, into: &writer)
            position.encode(into: &writer)
        }
    }

    private func head(_ count: Int, _ number: UInt64, into writer: inout WireWriter) {
        writer.writeArrayHead(count: count)
        writer.write(number)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let count = try reader.beginArray()
        guard count >= 2 else { throw WireError(.missingFields, "an event of \(count) fields") }
        let number = try reader.readUInt64()
        let fields: Int
        switch number {
        case 0: fields = 4
        case 1, 2, 3: fields = 3
        case 4, 5, 6: fields = 2
        default: throw WireError(.invalidValue, "no event has the number \(number)")
        }
        guard count >= fields else { throw WireError(.missingFields, "an event of \(count) fields") }
        switch number {
        case 0:
            let model = try reader.readModel()
            self = .created(model: model, try SessionContext(from: &reader), at: try reader.readTime())
        case 1: self = .added(try SessionMessage(from: &reader), behind: try UInt64?(from: &reader))
        case 2: self = .contextChanged(try SessionContext(from: &reader), at: try reader.readTime())
        case 3: self = .modelPreferred(try reader.readModel(), at: try reader.readTime())
        case 4: self = .cleared(at: try reader.readTime())
        case 5: self = .deleted(at: try reader.readTime())
        default: self = .indexTold(try EventPosition(from: &reader))
        }
        for _ in fields..<count { try reader.skipItem() }
        reader.endNesting()
    }
}
