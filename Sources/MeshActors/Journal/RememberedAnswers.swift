package import MeshCore
package import MeshWire

/// The answers of the latest commands, so that asking twice is asking once.
///
/// Bounded by number and bytes: the oldest answer is forgotten first, and its command would then be taken for new.
struct RememberedAnswers: Sendable {
    private var answers: [CommandID: [UInt8]] = [:]
    private var order = BoundedQueue<CommandID>(capacity: Limits.Hosting.rememberedAnswers + 1)
    private var bytes = 0

    subscript(command: CommandID) -> [UInt8]? { answers[command] }

    var isEmpty: Bool { answers.isEmpty }

    mutating func remember(_ command: CommandID, _ answer: [UInt8]) {
        guard answers.updateValue(answer, forKey: command) == nil else { return }
        bytes += answer.count
        _ = order.append(command)
        while order.count > Limits.Hosting.rememberedAnswers || bytes > Limits.Hosting.rememberedAnswerBytes {
            guard let oldest = order.popFirst() else { return }
            bytes -= answers.removeValue(forKey: oldest)?.count ?? 0
        }
    }

    /// Oldest first.
    private var inOrder: [(CommandID, [UInt8])] {
        var rest = order
        var all: [(CommandID, [UInt8])] = []
        while let command = rest.popFirst() { all.append((command, answers[command] ?? [])) }
        return all
    }
}

extension RememberedAnswers: WireCodable {
    func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: answers.count)
        for (command, answer) in inOrder {
            writer.writeArrayHead(count: 2)
            command.encode(into: &writer)
            writer.write(bytes: answer)
        }
    }

    init(from reader: inout WireReader) throws(WireError) {
        let count = try reader.beginArray()
        for _ in 0..<count {
            let tail = try reader.beginRecord(fields: 2)
            let command = try CommandID(from: &reader)
            remember(command, try reader.readBytes())
            try reader.endRecord(tail)
        }
        reader.endNesting()
    }
}

extension UniqueID: WireCodable {
    package func encode(into writer: inout WireWriter) { writer.write(high: high, low: low) }

    package init(from reader: inout WireReader) throws(WireError) {
        let (high, low) = try reader.readSixteenBytes()
        self.init(high: high, low: low)
    }
}

/// A reply with the number of its command, as the journal keeps it.
enum TaggedAnswer {
    static func bytes<C: ActorCommand>(_ reply: C.Reply, to _: C.Type) -> [UInt8] {
        var writer = WireWriter(capacity: 32)
        writer.writeArrayHead(count: 2)
        writer.write(UInt64(C.tag))
        reply.encode(into: &writer)
        return writer.array
    }

    /// The reply, or nil when it answers another command.
    static func reply<C: ActorCommand>(in bytes: [UInt8], to _: C.Type) throws(WireError) -> C.Reply? {
        var reader = WireReader(bytes.span.bytes)
        let tail = try reader.beginRecord(fields: 2)
        guard try reader.readInteger(as: UInt32.self) == C.tag else { return nil }
        let reply = try C.Reply(from: &reader)
        try reader.endRecord(tail)
        try reader.finish()
        return reply
    }
}
