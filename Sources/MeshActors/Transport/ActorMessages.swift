package import MeshCore
package import MeshWire

/// The payload of an actor-call frame.
package struct ActorCall: Hashable, Sendable {
    /// The command, for ever.
    package let command: CommandID
    /// Whom it is for.
    package let address: ActorAddress
    /// Which of the kind's commands.
    package let tag: UInt32
    /// How long the caller still waits; nil for as long as it takes.
    package let timeLeft: Duration?
    /// The command's own fields.
    package let body: [UInt8]

    /// A call of `command`.
    package init(
        command: CommandID,
        address: ActorAddress,
        tag: UInt32,
        timeLeft: Duration?,
        body: [UInt8]
    ) {
        self.command = command
        self.address = address
        self.tag = tag
        self.timeLeft = timeLeft
        self.body = body
    }
}

extension ActorCall: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 5)
        command.encode(into: &writer)
        address.encode(into: &writer)
        tag.encode(into: &writer)
        timeLeft.map { UInt64(clamping: $0.wholeNanoseconds / 1_000_000) }.encode(into: &writer)
        writer.write(bytes: body)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 5)
        command = try CommandID(from: &reader)
        address = try ActorAddress(from: &reader)
        tag = try reader.readInteger(as: UInt32.self)
        timeLeft = try UInt64?(from: &reader).map { .milliseconds(Int64(clamping: $0)) }
        body = try reader.readBytes()
        try reader.endRecord(tail)
        guard body.count <= Limits.Call.maximumBodyBytes else {
            throw WireError(.invalidValue, "a command of \(body.count) bytes")
        }
    }
}

/// The payload of an actor-reply frame.
package enum ActorReply: Hashable, Sendable {
    /// The reply's fields.
    case value([UInt8])
    /// The refusal's fields.
    case refusal([UInt8])
    /// The actor is placed on that node, as the receiver knows the mesh; nothing happened.
    case redirect(to: NodeID)
    /// Something else; with a pause, the receiver has more to do than its bounds allow, and nothing happened.
    case failed(ActorErrorCode, retryAfter: Duration?)
}

extension ActorReply: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        switch self {
        case .value(let bytes):
            writer.write(Number.value)
            writer.write(bytes: bytes)
            writer.writeNil()
        case .refusal(let bytes):
            writer.write(Number.refusal)
            writer.write(bytes: bytes)
            writer.writeNil()
        case .redirect(let node):
            writer.write(Number.redirect)
            writer.write(node.text)
            writer.writeNil()
        case .failed(let code, let pause):
            writer.write(Number.failed)
            writer.write(code.wireNumber)
            pause.map { UInt64(clamping: $0.wholeNanoseconds / 1_000_000) }.encode(into: &writer)
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        switch try reader.readUInt64() {
        case Number.value:
            self = .value(try reader.readBytes())
            try reader.skipItem()
        case Number.refusal:
            self = .refusal(try reader.readBytes())
            try reader.skipItem()
        case Number.redirect:
            let text = try reader.readText()
            guard let node = try? NodeID(text) else { throw WireError(.invalidValue, "a redirect to no node") }
            self = .redirect(to: node)
            try reader.skipItem()
        case Number.failed:
            let code = ActorErrorCode(wireNumber: try reader.readUInt64())
            let pause = try UInt64?(from: &reader).map { Duration.milliseconds(Int64(clamping: $0)) }
            self = .failed(code, retryAfter: pause)
        case let number: throw WireError(.invalidValue, "an actor's reply of kind \(number)")
        }
        try reader.endRecord(tail)
    }

    private enum Number {
        static let value = UInt64(0)
        static let refusal = UInt64(1)
        static let redirect = UInt64(2)
        static let failed = UInt64(3)
    }
}

extension ActorErrorCode {
    /// The numbers of the protocol; a later version's number reads as an unknown outcome, which promises nothing.
    private static let numbers: [(ActorErrorCode, UInt64)] = [
        (.outcomeUnknown, 0), (.unknownCommand, 1), (.noHost, 2), (.moved, 3), (.tooManyRedirects, 4),
        (.deadlineExceeded, 5), (.cancelled, 6), (.unavailable, 7), (.corrupt, 8), (.commandMismatch, 9),
        (.tooLarge, 10), (.malformed, 11), (.stopping, 12),
    ]

    var wireNumber: UInt64 { Self.numbers.first { $0.0 == self }?.1 ?? 0 }

    init(wireNumber: UInt64) { self = Self.numbers.first { $0.1 == wireNumber }?.0 ?? .outcomeUnknown }
}
