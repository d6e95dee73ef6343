package import MeshChat
package import MeshCore
package import MeshWire

/// What was said once in a conversation.
package struct SessionMessage: Hashable, Sendable {
    /// The session's own number for it, from 1; never used again.
    package let number: UInt64

    /// Who said it.
    package let role: ChatRole

    /// What.
    package internal(set) var text: String

    /// The model that said it; nil for whoever asks.
    package let model: String?

    /// What the run that produced it has used; nil where nobody has counted.
    package let tokens: MessageTokens?

    /// When, by the clock of the node that keeps the session.
    package let created: WallTime

    /// The run that it begins, or that has produced it; nil where none did.
    package let run: UniqueID?

    /// Whether more was said than is kept.
    package let isCut: Bool

    /// Whether placeholders stand for personal data in it; text that came without an edge has none.
    package let isRedacted: Bool

    /// Why an answer was over; nil for whoever asks, and where nobody has said.
    package internal(set) var stopReason: StopReason?

    /// About how many tokens it has.
    package var likelyTokens: Int { TokenEstimate.likely(ofBytes: text.utf8.count) + 4 }

    /// By what a second answer of the same run is told from the first.
    var digest: SHA256Digest { SHA256.digest(Array("\(model ?? "")\u{0}\(text)".utf8)) }
}

/// Tokens of one run.
package struct MessageTokens: Hashable, Sendable {
    /// Those that were read.
    package let input: UInt64

    /// Those that were said.
    package let output: UInt64

    /// So many.
    package init(input: UInt64, output: UInt64) {
        self.input = input
        self.output = output
    }
}

extension MessageTokens: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        writer.write(input)
        writer.write(output)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        input = try reader.readUInt64()
        output = try reader.readUInt64()
        try reader.endRecord(tail)
    }
}

extension SessionMessage: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: stopReason == nil ? 9 : 10)
        writer.write(number)
        writer.write(role)
        writer.write(text)
        model.encode(into: &writer)
        tokens.encode(into: &writer)
        writer.write(created)
        run.encode(into: &writer)
        writer.write(isCut)
        writer.write(isRedacted)
        if let stopReason { writer.write(stopReason.number) }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 9)
        number = try reader.readUInt64()
        role = try reader.readRole()
        text = try reader.readText(atMost: Limits.Sessions.maximumMessageBytes)
        model = try reader.readModel()
        tokens = try MessageTokens?(from: &reader)
        created = try reader.readTime()
        run = try UniqueID?(from: &reader)
        isCut = try reader.readBool()
        isRedacted = try reader.readBool()
        stopReason = try reader.readAppended(UInt64.self, in: &tail).flatMap { StopReason(number: $0) }
        try reader.endRecord(tail)
    }
}
