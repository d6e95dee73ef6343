package import MeshCore
package import MeshWire

/// The fields of a command, a reply or a refusal as they stand in a message: a byte string that holds one value.
///
/// It shares the message's bytes, so that reading copies nothing but what the value keeps.
package struct MessageBody: Sendable {
    private let payload: [UInt8]
    private let range: Range<Int>

    fileprivate init(_ payload: [UInt8], _ range: Range<Int>) {
        self.payload = payload
        self.range = range
    }

    /// The bytes, for those who do not know what they spell.
    package var bytes: [UInt8] { Array(payload[range]) }

    /// The value that the bytes spell from the first to the last.
    package func read<Value: WireCodable>(as _: Value.Type) throws(WireError) -> Value {
        try Value(wireBytes: payload.span.bytes.extracting(range))
    }
}

/// The payload of an actor-call frame.
package struct ActorCall: Sendable {
    /// All but the command's own fields.
    package struct Head: Hashable, Sendable {
        /// The command, for ever.
        package let command: CommandID
        /// Whom it is for.
        package let address: ActorAddress
        /// Which of the kind's commands.
        package let tag: UInt32
        /// How long the caller still waits; nil for as long as it takes.
        package let timeLeft: Duration?
        /// The trace that the caller works for, if it knows of one.
        package let trace: TraceContext?

        /// A call of `command`.
        package init(
            command: CommandID,
            address: ActorAddress,
            tag: UInt32,
            timeLeft: Duration?,
            trace: TraceContext? = nil
        ) {
            self.command = command
            self.address = address
            self.tag = tag
            self.timeLeft = timeLeft
            self.trace = trace
        }
    }

    /// All but the command's own fields.
    package let head: Head
    /// The command's own fields.
    package let body: MessageBody

    /// The call that `payload` spells.
    package init(payload: [UInt8]) throws(WireError) {
        var reader = WireReader(payload.span.bytes)
        var tail = try reader.beginRecord(fields: 5)
        let command = try CommandID(from: &reader)
        guard !command.isDerived else {
            throw WireError(.invalidValue, "an id that only the actor's own node gives")
        }
        let address = try ActorAddress(from: &reader)
        guard let tag = UInt32(exactly: try reader.readUInt64()) else {
            throw WireError(.integerOutOfRange, "no command has a number of more than 32 bits")
        }
        let timeLeft = try reader.readMilliseconds()
        let range = try reader.readByteRange()
        let trace = try reader.readTrace(&tail)
        head = Head(command: command, address: address, tag: tag, timeLeft: timeLeft, trace: trace)
        try reader.endRecord(tail)
        try reader.finish()
        guard range.count <= Limits.Call.maximumBodyBytes else {
            throw WireError(.invalidValue, "a command of \(range.count) bytes")
        }
        body = MessageBody(payload, range)
    }

    /// The payload of a call that begins with `head`, of `command`; nil when its fields are beyond their bound.
    package static func payload(_ head: Head, _ command: some WireCodable) -> [UInt8]? {
        var bodyCount = 0
        let payload = WireWriter.bytes { writer in
            writer.writeArrayHead(count: head.trace == nil ? 5 : 6)
            head.command.encode(into: &writer)
            head.address.encode(into: &writer)
            writer.write(UInt64(head.tag))
            writer.write(milliseconds: head.timeLeft)
            bodyCount = writer.write(encoding: command)
            head.trace?.encode(into: &writer)
        }
        return bodyCount <= Limits.Call.maximumBodyBytes ? payload : nil
    }
}

/// The payload of an actor-reply frame.
package enum ActorReply: Sendable {
    /// The reply's fields.
    case value(MessageBody)
    /// The refusal's fields.
    case refusal(MessageBody)
    /// Nobody decided.
    case other(Obstacle)

    /// Why a call that arrived was not carried out.
    package enum Obstacle: Hashable, Sendable {
        /// The actor is placed on that node, as the receiver knows the mesh; nothing happened.
        case redirect(to: NodeID)
        /// Something else; with a pause, the receiver has more to do than its bounds allow, and nothing happened.
        case failed(ActorErrorCode, retryAfter: Duration?)

        /// The payload that says so.
        package var payload: [UInt8] {
            WireWriter.bytes { writer in
                writer.writeArrayHead(count: 3)
                switch self {
                case .redirect(let node):
                    writer.write(Number.redirect)
                    writer.write(node.text)
                    writer.writeNil()
                case .failed(let code, let pause):
                    writer.write(Number.failed)
                    writer.write(code.wireNumber)
                    writer.write(milliseconds: pause)
                }
            }
        }
    }

    /// The reply that `payload` spells.
    package init(payload: [UInt8]) throws(WireError) {
        var reader = WireReader(payload.span.bytes)
        let tail = try reader.beginRecord(fields: 3)
        switch try reader.readUInt64() {
        case Number.value:
            self = .value(MessageBody(payload, try reader.readByteRange()))
            try reader.skipItem()
        case Number.refusal:
            self = .refusal(MessageBody(payload, try reader.readByteRange()))
            try reader.skipItem()
        case Number.redirect:
            let text = try reader.readText()
            guard let node = try? NodeID(text) else { throw WireError(.invalidValue, "a redirect to no node") }
            self = .other(.redirect(to: node))
            try reader.skipItem()
        case Number.failed:
            let code = ActorErrorCode(wireNumber: try reader.readUInt64())
            self = .other(.failed(code, retryAfter: try reader.readMilliseconds()))
        case let number: throw WireError(.invalidValue, "an actor's reply of kind \(number)")
        }
        try reader.endRecord(tail)
        try reader.finish()
    }

    /// The payload that answers with `reply`.
    package static func payload(value reply: some WireCodable) -> [UInt8] { payload(Number.value, reply) }

    /// The payload that answers with `refusal`.
    package static func payload(refusal: some WireCodable) -> [UInt8] { payload(Number.refusal, refusal) }

    private static func payload(_ number: UInt64, _ content: some WireCodable) -> [UInt8] {
        WireWriter.bytes { writer in
            writer.writeArrayHead(count: 3)
            writer.write(number)
            writer.write(encoding: content)
            writer.writeNil()
        }
    }

    private enum Number {
        static let value = UInt64(0)
        static let refusal = UInt64(1)
        static let redirect = UInt64(2)
        static let failed = UInt64(3)
    }
}

extension WireWriter {
    /// Appends a duration as whole milliseconds, or the mark of none.
    fileprivate mutating func write(milliseconds duration: Duration?) {
        guard let duration else { return writeNil() }
        write(UInt64(clamping: duration.wholeNanoseconds / 1_000_000))
    }
}

extension WireReader {
    /// Reads a duration in whole milliseconds, or the mark of none; none is beyond the end of time, at 292 years.
    @_lifetime(self: copy self)
    fileprivate mutating func readMilliseconds() throws(WireError) -> Duration? {
        try readNil() ? nil : .milliseconds(min(Int64(clamping: try readUInt64()), Int64.max / 1_000_000))
    }
}

extension ActorErrorCode {
    /// The numbers of the protocol; a later version's number reads as an unknown outcome, which promises nothing.
    private static let numbers: [(ActorErrorCode, UInt64)] = [
        (.outcomeUnknown, 0), (.unknownCommand, 1), (.noHost, 2), (.moved, 3), (.tooManyRedirects, 4),
        (.deadlineExceeded, 5), (.cancelled, 6), (.unavailable, 7), (.corrupt, 8), (.commandMismatch, 9),
        (.tooLarge, 10), (.malformed, 11), (.stopping, 12), (.notAllowed, 13),
    ]

    var wireNumber: UInt64 { Self.numbers.first { $0.0 == self }?.1 ?? 0 }

    init(wireNumber: UInt64) { self = Self.numbers.first { $0.1 == wireNumber }?.0 ?? .outcomeUnknown }
}
