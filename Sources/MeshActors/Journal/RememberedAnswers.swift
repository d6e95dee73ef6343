package import MeshCore
package import MeshWire

/// The answers of the latest commands, so that asking twice is asking once.
///
/// The promise: an answer is known for ``Limits/Hosting/rememberedTime`` at least, and while it is among the latest
/// ``Limits/Hosting/rememberedAnswers`` for longer, as long as all take less than
/// ``Limits/Hosting/rememberedAnswerBytes``. What is beyond is forgotten, the oldest first and never the latest; its
/// command would then be taken for new.
///
/// Ages are measured by the calendar of the newcomer. One that was once ahead by an hour must not make everything after
/// it look old: rather too much is kept until it has caught up, within the bound in bytes.
struct RememberedAnswers: Sendable {
    private struct Place: Sendable {
        let command: CommandID
        let wallTime: WallTime
    }

    private var answers: [CommandID: [UInt8]] = [:]
    private var order = BoundedQueue<Place>(capacity: capacity)

    /// What they weigh.
    private(set) var bytes = 0

    /// How many had to be forgotten before their time.
    private(set) var forgottenEarly = 0

    subscript(command: CommandID) -> [UInt8]? { answers[command] }

    var isEmpty: Bool { answers.isEmpty }
    var count: Int { order.count }

    /// Keeps `answer`, decided at `wallTime`.
    mutating func remember(_ command: CommandID, _ answer: [UInt8], at wallTime: WallTime) {
        guard answers.updateValue(answer, forKey: command) == nil else { return }
        bytes += Self.weight(answer)
        _ = order.append(Place(command: command, wallTime: wallTime))
        while order.count > 1, let oldest = order.first {
            let isOld = wallTime.millisecondsSince1970 - oldest.wallTime.millisecondsSince1970 >= Self.milliseconds
            let isOver = bytes > Limits.Hosting.rememberedAnswerBytes
            guard isOver || isOld && order.count > Limits.Hosting.rememberedAnswers else { return }
            if !isOld { forgottenEarly += 1 }
            _ = order.popFirst()
            bytes -= answers.removeValue(forKey: oldest.command).map(Self.weight) ?? 0
        }
    }

    private static func weight(_ answer: [UInt8]) -> Int { answer.count + Limits.Hosting.rememberedIDBytes }

    private static var milliseconds: Int64 { Limits.Hosting.rememberedTime.wholeNanoseconds / 1_000_000 }

    /// No more fit the bound in bytes; one more is there between coming and going.
    private static var capacity: Int { Limits.Hosting.rememberedAnswerBytes / Limits.Hosting.rememberedIDBytes + 1 }
}

extension RememberedAnswers: WireCodable {
    func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: answers.count)
        for place in order.elements {
            writer.writeArrayHead(count: 3)
            place.command.encode(into: &writer)
            writer.write(bytes: answers[place.command] ?? [])
            writer.write(place.wallTime.millisecondsSince1970)
        }
    }

    init(from reader: inout WireReader) throws(WireError) {
        let count = try reader.beginArray()
        for _ in 0..<count {
            let fields = try reader.beginArray()
            guard fields >= 2 else { throw WireError(.missingFields, "an answer of \(fields) fields") }
            let command = try CommandID(from: &reader)
            let answer = try reader.readBytes()
            // Snapshots from before there was a time: they count as old.
            let time = fields > 2 ? try reader.readInt64() : 0
            for _ in 0..<max(0, fields - 3) { try reader.skipItem() }
            reader.endNesting()
            remember(command, answer, at: WallTime(millisecondsSince1970: time))
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
