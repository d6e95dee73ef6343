internal import MeshActors
internal import MeshChat
package import MeshCore
package import MeshWire

/// What an edge asks its hub for: a question, or a whole chat.
package enum EscalatedAsk<Text: TunnelText, Chat: TunnelChat>: Hashable, Sendable {
    /// What an application escalates.
    case question(Question<Text>)
    /// What a client of either vendor asks.
    case chat(Chat)

    /// By which a hub tells what is asked from something else that is asked under the same run, where the edge has not
    /// said otherwise.
    package var digest: SHA256Digest { SHA256.digest(wireBytes) }
}

extension EscalatedAsk: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        switch self {
        case .question(let question):
            writer.write(UInt64(0))
            question.encode(into: &writer)
        case .chat(let chat):
            writer.write(UInt64(1))
            ChatBytes(chat.request).encode(into: &writer)
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        switch try reader.readUInt64() {
        case 0: self = .question(try Question<Text>(from: &reader))
        case 1: self = .chat(Chat(receivedThroughTunnel: try ChatBytes(from: &reader).request))
        default: throw WireError(.invalidValue, "nothing of that sort is asked")
        }
        try reader.endRecord(tail)
    }
}

/// The payload of ``FrameType/escalation``: an edge asks, or goes on with an answer that was cut.
///
/// docs/protocol.md, section 11.
package struct EscalationOpening<Text: TunnelText, Chat: TunnelChat>: Hashable, Sendable {
    /// The run that is asked for.
    package var run: UniqueID

    /// How many bytes of its answer the edge has.
    package var offset: UInt64

    /// Of which answer they are; nil where it has none.
    package var answer: UInt64?

    /// For how long the edge still waits; nil for as long as it takes.
    package var timeLeft: Duration?

    /// What is asked; nil where only an answer is gone on with, which must not be begun anew.
    package var ask: EscalatedAsk<Text, Chat>?

    /// The trace that it belongs to, if the edge knows of one.
    package var trace: TraceContext?

    /// By which the hub tells what is asked from something else that is asked under the same run; nil for the ask's own
    /// hash.
    ///
    /// A session adds to a question what was said until then, which may be more when it is asked again; what its asker
    /// has asked is the same, and so is its run.
    package var digest: SHA256Digest?

    /// Asks for `run` from its beginning, or from `offset` of `answer` on.
    package init(
        run: UniqueID,
        offset: UInt64 = 0,
        answer: UInt64? = nil,
        timeLeft: Duration? = nil,
        ask: EscalatedAsk<Text, Chat>?,
        trace: TraceContext? = nil,
        digest: SHA256Digest? = nil
    ) {
        self.run = run
        self.offset = offset
        self.answer = answer
        self.timeLeft = timeLeft
        self.ask = ask
        self.trace = trace
        self.digest = digest
    }

    /// The hash of what is asked; nil where nothing is.
    package var askDigest: SHA256Digest? { ask.map { digest ?? $0.digest } }
}

extension EscalationOpening: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: digest != nil ? 7 : trace == nil ? 5 : 6)
        run.encode(into: &writer)
        writer.write(offset)
        answer.encode(into: &writer)
        timeLeft.map(\.wireMilliseconds).encode(into: &writer)
        ask.encode(into: &writer)
        if digest != nil { trace.encode(into: &writer) } else { trace?.encode(into: &writer) }
        if let digest { writer.write(bytes: digest.bytes) }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 5)
        run = try UniqueID(from: &reader)
        offset = try reader.readUInt64()
        answer = try UInt64?(from: &reader)
        timeLeft = try UInt64?(from: &reader).map(Duration.init(wireMilliseconds:))
        ask = try EscalatedAsk<Text, Chat>?(from: &reader)
        trace = try reader.readTrace(&tail)
        digest = tail.takesField() ? try reader.readDigest() : nil
        try reader.endRecord(tail)
        guard offset <= Limits.ByteStream.maximumLength else {
            throw WireError(.invalidValue, "an answer that begins behind the end of every stream")
        }
        guard ask == nil || offset == 0 else {
            throw WireError(.invalidValue, "what has been begun is asked again")
        }
        guard (answer == nil) == (offset == 0) else {
            throw WireError(.invalidValue, "an offset without its answer, or an answer without an offset")
        }
    }
}

extension Duration {
    /// In whole milliseconds, at most ``Limits/Escalation/longestPatience``.
    var wireMilliseconds: UInt64 {
        let bounded = min(max(self, .zero), Limits.Escalation.longestPatience)
        return UInt64(clamping: bounded.wholeNanoseconds / 1_000_000)
    }

    /// What a peer says, bounded in the same way.
    init(wireMilliseconds milliseconds: UInt64) {
        self = min(.milliseconds(Int64(clamping: min(milliseconds, 1 << 40))), Limits.Escalation.longestPatience)
    }
}

// MARK: - Questions

extension Question: WireCodable where Text: TunnelText {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: earlierTurns == 0 ? 9 : 10)
        writer.write(query.text)
        history.encode(into: &writer)
        (framing?.text).encode(into: &writer)
        knowledge.encode(into: &writer)
        constraints.map(\.text).encode(into: &writer)
        model.encode(into: &writer)
        writer.write(UInt64(clamping: maximumTokens))
        project.encode(into: &writer)
        adapter.encode(into: &writer)
        if earlierTurns > 0 { writer.write(UInt64(earlierTurns)) }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 9)
        let query = Text(receivedThroughTunnel: try reader.readText())
        let history = try reader.readList(of: Turn.self, atMost: Limits.Escalation.maximumTurns)
        let framing = try String?(from: &reader).map { Text(receivedThroughTunnel: $0) }
        let knowledge = try [Knowledge](from: &reader)
        let constraints = try [String](from: &reader).map { Text(receivedThroughTunnel: $0) }
        let model = try String?(from: &reader)
        let tokens: Int = try reader.readInteger()
        self.init(query, maximumTokens: tokens)
        self.history = history
        self.framing = framing
        self.knowledge = knowledge
        self.constraints = constraints
        self.model = model
        project = try String?(from: &reader)
        adapter = try String?(from: &reader)
        earlierTurns = Int(clamping: min(try reader.readAppended(UInt64.self, in: &tail) ?? 0, 1 << 32))
        try reader.endRecord(tail)
        do throws(EscalationFailure) {
            try check(growth: Limits.Escalation.redactionGrowth)
        } catch {
            throw WireError(.invalidValue, error.message)
        }
    }
}

extension Question.Turn: WireCodable where Text: TunnelText {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        writer.write(UInt64(role == .user ? 0 : 1))
        writer.write(text.text)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        let role: ChatRole
        switch try reader.readUInt64() {
        case 0: role = .user
        case 1: role = .assistant
        default: throw WireError(.invalidValue, "nobody of that number speaks")
        }
        self.init(role, Text(receivedThroughTunnel: try reader.readText()))
        try reader.endRecord(tail)
    }
}

extension Question.Knowledge: WireCodable where Text: TunnelText {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        (name?.text).encode(into: &writer)
        writer.write(text.text)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        let name = try String?(from: &reader).map { Text(receivedThroughTunnel: $0) }
        self.init(name: name, text: Text(receivedThroughTunnel: try reader.readText()))
        try reader.endRecord(tail)
    }
}
