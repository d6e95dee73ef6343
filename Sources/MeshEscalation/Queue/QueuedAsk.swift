internal import MeshActors
package import MeshChat
package import MeshCore
package import MeshSessions
package import MeshWire

/// A question that waits on an edge for its hub, or its answer that waits to be fetched.
package struct QueuedAsk: Hashable, Sendable {
    /// Its run.
    package let run: UniqueID

    /// The question as it will travel, redacted; forgotten once it is answered.
    package internal(set) var question: [UInt8]

    /// By which it is told from another question.
    package let digest: SHA256Digest

    /// The conversation that has it, and shall have its answer; nil where none.
    package let session: SessionID?

    /// When it came.
    package let created: WallTime

    /// Until when it waits, and its answer.
    package internal(set) var expires: WallTime

    /// How it stands.
    package internal(set) var state: State

    /// How often it has been asked.
    package internal(set) var attempts: UInt64

    /// How a question stands.
    package enum State: Hashable, Sendable {
        /// Nobody has asked it.
        case waiting
        /// It is asked in this life of the edge.
        case asked(life: UniqueID)
        /// Its answer waits to be fetched.
        case answered(QueuedAnswer)
    }

    /// Whether its answer, or its error, is there.
    package var isAnswered: Bool { if case .answered = state { true } else { false } }

    /// Bytes that it takes.
    var bytes: Int {
        guard case .answered(let answer) = state else { return question.count }
        return answer.text.utf8.count
    }

    mutating func answer(_ answer: QueuedAnswer) {
        state = .answered(answer)
        question = []
    }
}

/// The answer to a question that waited: what was said, or why nothing was.
package struct QueuedAnswer: Hashable, Sendable {
    /// What was said; with an error, what had been said before.
    package let text: String

    /// Whether more was said than is kept.
    package let isCut: Bool

    /// The model that said it; nil where none has.
    package let model: String?

    /// What was used; nil where nobody has counted.
    package let usage: ChatUsage?

    /// What that costs; nil where nobody has said so.
    package let cost: Money?

    /// What was charged, and out of what; nil where nobody charges.
    package let charge: CallCharge?

    /// Why nobody pays for it; nil where that is not what was wrong.
    package let credit: CreditRefusal?

    /// The class of the error; nil where there was none.
    package let failure: ChatErrorCode?

    /// The sentence of the error.
    package let message: String?

    /// A whole answer; what is beyond ``Limits/AskQueue/maximumAnswerBytes`` is cut.
    package init(text: String, model: String, usage: ChatUsage, cost: Money? = nil, charge: CallCharge? = nil) {
        self.text = text.cut(toBytes: Limits.AskQueue.maximumAnswerBytes)
        isCut = text.utf8.count > Limits.AskQueue.maximumAnswerBytes
        self.model = model.cut(toBytes: Limits.Escalation.maximumModelBytes)
        self.usage = usage
        self.cost = cost
        self.charge = charge
        credit = nil
        failure = nil
        message = nil
    }

    /// An error, behind `text`.
    package init(_ failure: EscalationFailure, text: String = "") {
        self.text = text.cut(toBytes: Limits.AskQueue.maximumAnswerBytes)
        isCut = text.utf8.count > Limits.AskQueue.maximumAnswerBytes
        model = nil
        usage = nil
        cost = nil
        charge = nil
        credit = failure.credit
        self.failure = failure.chatCode
        message = failure.message
    }
}

extension QueuedAnswer: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 9)
        writer.write(text)
        writer.write(isCut)
        model.encode(into: &writer)
        if let usage { writer.write(usage) } else { writer.writeNil() }
        failure.map { ChatErrorNumber.number(of: $0) }.encode(into: &writer)
        message.encode(into: &writer)
        (cost?.nanodollars).encode(into: &writer)
        writer.write(charge)
        writer.write(credit)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 7)
        text = try reader.readText(atMost: Limits.AskQueue.maximumAnswerBytes)
        isCut = try reader.readBool()
        model = try reader.readNil() ? nil : try reader.readText(atMost: Limits.Escalation.maximumModelBytes)
        usage = try reader.readNil() ? nil : try reader.readUsage()
        failure = try UInt64?(from: &reader).map { ChatErrorNumber.code(of: $0) }
        message = try reader.readNil() ? nil : try reader.readText(atMost: Limits.Escalation.maximumMessageBytes)
        cost = try Int64?(from: &reader).map { Money(nanodollars: $0) }
        charge = tail.takesField() ? try reader.readCharge() : nil
        credit = tail.takesField() ? try reader.readCredit() : nil
        try reader.endRecord(tail)
    }
}

extension QueuedAsk: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 9)
        run.encode(into: &writer)
        writer.write(bytes: question)
        writer.write(bytes: digest.bytes)
        writer.write(created.millisecondsSince1970)
        writer.write(expires.millisecondsSince1970)
        writer.write(attempts)
        switch state {
        case .waiting:
            writer.writeNil()
            writer.writeNil()
        case .asked(let life):
            life.encode(into: &writer)
            writer.writeNil()
        case .answered(let answer):
            writer.writeNil()
            answer.encode(into: &writer)
        }
        (session?.text).encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 9)
        run = try UniqueID(from: &reader)
        question = try reader.readBytes()
        let hash = try reader.readBytes()
        guard hash.count == SHA256Digest.byteCount else { throw WireError(.invalidValue, "no SHA-256") }
        digest = hash.withUnsafeBytes { SHA256Digest($0) }
        created = WallTime(millisecondsSince1970: try reader.readInt64())
        expires = WallTime(millisecondsSince1970: try reader.readInt64())
        attempts = try reader.readUInt64()
        let life = try UniqueID?(from: &reader)
        let answer = try QueuedAnswer?(from: &reader)
        state = answer.map { .answered($0) } ?? life.map { .asked(life: $0) } ?? .waiting
        session = try reader.readOptionalSession()
        try reader.endRecord(tail)
        guard question.count <= Limits.AskQueue.maximumQuestionBytes else {
            throw WireError(.invalidValue, "a question of \(question.count) bytes")
        }
    }
}
