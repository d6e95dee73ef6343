package import MeshChat
package import MeshCore
package import MeshWire

/// What is said of an answer, in order: all of it is bytes of one stream, whose offsets count them.
///
///     opened ─▶ [ chosen ] ─▶ ( event )* ─▶ ended | failed
///
/// The first one names the answer: a hub that has begun it anew says another one, and its bytes are not those that an
/// edge has. The last one is part of the stream as the words are: it is kept, repeated and acknowledged like them, so
/// that an edge has the whole answer, or one error, or knows that it has neither.
package enum AnswerItem: Hashable, Sendable {
    /// The number of this answer, which no other answer of the run has.
    case opened(UInt64)
    /// Who answers, and why; in front of all that is said, where it is told at all.
    case chosen(AnswerChoice)
    /// Something that the model said or did; never ``ChatEvent/ended(_:)``.
    case event(ChatEvent)
    /// The answer is whole.
    case ended(AnswerEnd)
    /// There is no answer, or no more of it.
    case failed(EscalationFailure)

    /// Whether nothing follows it.
    package var isLast: Bool {
        switch self {
        case .opened, .chosen, .event: false
        case .ended, .failed: true
        }
    }
}

/// Who answers, as clients are told in the fields of an answer.
package struct AnswerChoice: Hashable, Sendable {
    /// The model, by the name that clients know.
    package var model: String

    /// Who runs it, by the hub's name.
    package var engine: String

    /// Why it was chosen.
    package var reason: String

    /// What was asked for and left out because the model refuses it; of very many only the first.
    package var dropped: [String]

    /// A choice of these parts.
    package init(model: String, engine: String, reason: String, dropped: [String]) {
        self.model = model
        self.engine = engine
        self.reason = reason
        self.dropped = Array(dropped.prefix(Limits.Escalation.maximumDropped))
    }
}

/// The end of a whole answer.
package struct AnswerEnd: Hashable, Sendable {
    /// Why it is over.
    package var reason: StopReason

    /// What was used.
    package var usage: ChatUsage

    /// What that costs; nil where nobody has said.
    package var cost: Money?

    /// What was charged, and out of what; nil where nobody charges.
    package var charge: CallCharge?

    /// An end for `reason`.
    package init(reason: StopReason, usage: ChatUsage, cost: Money? = nil, charge: CallCharge? = nil) {
        self.reason = reason
        self.usage = usage
        self.cost = cost
        self.charge = charge
    }
}

extension AnswerItem {
    /// The item as bytes of the stream: a byte string, so that a reader knows how long it is before it is all there.
    package var streamBytes: [UInt8] { WireWriter.bytes { $0.write(encoding: self) } }

    /// The items that say `event`: long words become several, each with a bounded number of bytes.
    package static func items(for event: ChatEvent) -> [AnswerItem] {
        switch event {
        case .text(let text): pieces(of: text).map { .event(.text($0)) }
        case .thinking(let text): pieces(of: text).map { .event(.thinking($0)) }
        case .toolUseArguments(let text): pieces(of: text).map { .event(.toolUseArguments($0)) }
        case .ended: []
        default: [.event(event)]
        }
    }

    private static func pieces(of text: String) -> [String] {
        guard text.utf8.count > Limits.Escalation.wordBytes else { return text.isEmpty ? [] : [text] }
        var (pieces, rest): ([String], Substring) = ([], text[...])
        while !rest.isEmpty {
            let piece = String(rest).cut(toBytes: Limits.Escalation.wordBytes)
            pieces.append(piece)
            rest = rest[rest.utf8.index(rest.startIndex, offsetBy: piece.utf8.count)...]
        }
        return pieces
    }
}

extension AnswerItem: WireCodable {
    package func encode(into writer: inout WireWriter) {
        switch self {
        case .opened(let answer):
            writer.writeArrayHead(count: 2)
            writer.write(UInt64(11))
            writer.write(answer)
        case .chosen(let choice):
            writer.writeArrayHead(count: 5)
            writer.write(UInt64(12))
            writer.write(choice.model)
            writer.write(choice.engine)
            writer.write(choice.reason)
            choice.dropped.encode(into: &writer)
        case .event(let event): Self.encode(event, into: &writer)
        case .ended(let end):
            writer.writeArrayHead(count: end.charge == nil ? 4 : 5)
            writer.write(UInt64(9))
            StopReasonNumber.encode(end.reason, into: &writer)
            writer.write(end.usage)
            (end.cost?.nanodollars).encode(into: &writer)
            if end.charge != nil { writer.write(end.charge) }
        case .failed(let failure):
            writer.writeArrayHead(count: failure.credit == nil ? 5 : 6)
            writer.write(UInt64(10))
            writer.write(ChatErrorNumber.number(of: failure.chatCode))
            writer.write(failure.message)
            failure.retryAfter.map(\.wireMilliseconds).encode(into: &writer)
            failure.field.encode(into: &writer)
            if failure.credit != nil { writer.write(failure.credit) }
        }
    }

    private static func encode(_ event: ChatEvent, into writer: inout WireWriter) {
        func write(_ number: UInt64, _ texts: String...) {
            writer.writeArrayHead(count: 1 + texts.count)
            writer.write(number)
            for text in texts { writer.write(text) }
        }
        switch event {
        case .started(let start): write(0, start.id, start.model)
        case .text(let text): write(1, text)
        case .thinking(let text): write(2, text)
        case .thinkingSigned(let seal): write(3, seal)
        case .thinkingSealed(let sealed): write(4, sealed)
        case .toolUseStarted(let id, let name): write(5, id, name)
        case .toolUseArguments(let text): write(6, text)
        case .toolUseEnded: write(7)
        case .usage(let usage):
            writer.writeArrayHead(count: 2)
            writer.write(UInt64(8))
            writer.write(usage)
        case .ended: preconditionFailure("the end of an answer is an item of its own")
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let count = try reader.beginArray()
        guard count >= 1 else { throw WireError(.missingFields, "an item without a number") }
        let number = try reader.readUInt64()
        guard number < UInt64(Self.fields.count) else {
            throw WireError(.invalidValue, "no item has the number \(number)")
        }
        var fields = Self.fields[Int(number)]
        guard count >= fields else { throw WireError(.missingFields, "an item of \(count) fields") }
        switch number {
        case 0: self = .event(.started(ChatStart(id: try reader.readText(), model: try reader.readText())))
        case 1: self = .event(.text(try Self.words(&reader)))
        case 2: self = .event(.thinking(try Self.words(&reader)))
        case 3: self = .event(.thinkingSigned(try reader.readText()))
        case 4: self = .event(.thinkingSealed(try reader.readText()))
        case 5: self = .event(.toolUseStarted(id: try reader.readText(), name: try reader.readText()))
        case 6: self = .event(.toolUseArguments(try Self.words(&reader)))
        case 7: self = .event(.toolUseEnded)
        case 8: self = .event(.usage(try reader.readUsage()))
        case 9:
            let reason = try StopReasonNumber.decode(&reader)
            let usage = try reader.readUsage()
            let cost = try Int64?(from: &reader).map { Money(nanodollars: $0) }
            var end = AnswerEnd(reason: reason, usage: usage, cost: cost)
            if count > fields {
                end.charge = try reader.readCharge()
                fields += 1
            }
            self = .ended(end)
        case 10:
            var failure = try Self.failure(&reader)
            if count > fields {
                failure.credit = try reader.readCredit()
                fields += 1
            }
            self = .failed(failure)
        case 11: self = .opened(try reader.readUInt64())
        default:
            let (model, engine, reason) = (try reader.readText(), try reader.readText(), try reader.readText())
            let dropped = try reader.readList(of: String.self, atMost: Limits.Escalation.maximumDropped)
            self = .chosen(AnswerChoice(model: model, engine: engine, reason: reason, dropped: dropped))
        }
        for _ in fields..<count { try reader.skipItem() }
        reader.endNesting()
    }

    /// How many fields an item of each number has at least, the number included.
    private static let fields = [3, 2, 2, 2, 2, 3, 2, 1, 2, 4, 5, 2, 5]

    private static func words(_ reader: inout WireReader) throws(WireError) -> String {
        let words = try reader.readText()
        guard !words.isEmpty else { throw WireError(.invalidValue, "words that say nothing") }
        return words
    }

    private static func failure(_ reader: inout WireReader) throws(WireError) -> EscalationFailure {
        let code = ChatErrorNumber.code(of: try reader.readUInt64())
        let message = try reader.readText(atMost: Limits.Escalation.maximumMessageBytes)
        let retryAfter = try UInt64?(from: &reader).map(Duration.init(wireMilliseconds:))
        let field = try String?(from: &reader)
        return EscalationFailure(code, message, field: field, retryAfter: retryAfter)
    }
}
