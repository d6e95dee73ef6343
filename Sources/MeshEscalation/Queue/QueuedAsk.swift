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

    /// How often it has been asked, and not for nothing: no hub, or one without time for it, does not count.
    package internal(set) var attempts: UInt64 = 0

    /// How often it has waited again, but where there was no hub.
    package internal(set) var pauses: UInt64 = 0

    /// Until when it is not asked again; nil where it never was.
    package internal(set) var notBefore: WallTime?

    /// Whether its answer was fetched; it stays a little longer, for whoever has lost it on the way.
    package internal(set) var isFetched = false

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

    /// Whether it waits for its time; what lies beyond any pause is a clock's mistake.
    func isHeldBack(at now: WallTime) -> Bool {
        guard let notBefore else { return false }
        return now < notBefore && notBefore <= now.later(by: Limits.AskQueue.longestPause)
    }

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

    /// Why it was over; nil where nobody has said so.
    package let stopReason: StopReason?

    /// What of the question did not fit, and the model was not told; nil where nobody has said so.
    package let leftOut: LeftOut?

    /// What was charged, and out of what; nil where nobody charges.
    package let charge: CallCharge?

    /// Why nobody pays for it; nil where that is not what was wrong.
    package let credit: CreditRefusal?

    /// The class of the error; nil where there was none.
    package let failure: ChatErrorCode?

    /// The sentence of the error.
    package let message: String?

    /// A whole answer; what is beyond ``Limits/AskQueue/maximumAnswerBytes`` is cut.
    package init(
        text: String,
        model: String,
        usage: ChatUsage,
        cost: Money? = nil,
        stopReason: StopReason? = nil,
        leftOut: LeftOut? = nil,
        charge: CallCharge? = nil
    ) {
        self.text = text.cut(toBytes: Limits.AskQueue.maximumAnswerBytes)
        isCut = text.utf8.count > Limits.AskQueue.maximumAnswerBytes
        self.model = model.cut(toBytes: Limits.Escalation.maximumModelBytes)
        self.usage = usage
        self.cost = cost
        self.stopReason = stopReason
        self.leftOut = leftOut
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
        stopReason = nil
        leftOut = nil
        charge = nil
        credit = failure.credit
        self.failure = failure.chatCode
        message = failure.message
    }
}

/// For how long a question waits that was put back, and how often it has been asked and has waited by then.
package struct QueuedDelay: Hashable, Sendable {
    var until: WallTime?
    var attempts: UInt64
    var pauses: UInt64
}

extension QueuedDelay: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        (until?.millisecondsSince1970).encode(into: &writer)
        writer.write(attempts)
        writer.write(pauses)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        until = try Int64?(from: &reader).map { WallTime(millisecondsSince1970: $0) }
        attempts = try reader.readUInt64()
        pauses = try reader.readUInt64()
        try reader.endRecord(tail)
    }
}

extension QueuedAnswer: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 11)
        writer.write(text)
        writer.write(isCut)
        model.encode(into: &writer)
        if let usage { writer.write(usage) } else { writer.writeNil() }
        failure.map { ChatErrorNumber.number(of: $0) }.encode(into: &writer)
        message.encode(into: &writer)
        (cost?.nanodollars).encode(into: &writer)
        (stopReason?.number).encode(into: &writer)
        leftOut.encode(into: &writer)
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
        let number = tail.takesField() ? try UInt64?(from: &reader) : nil
        stopReason = number.flatMap { StopReason(number: $0) }
        leftOut = tail.takesField() ? try LeftOut?(from: &reader) : nil
        charge = tail.takesField() ? try reader.readCharge() : nil
        credit = tail.takesField() ? try reader.readCredit() : nil
        try reader.endRecord(tail)
    }
}

extension QueuedAsk: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 12)
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
        writer.write(pauses)
        (notBefore?.millisecondsSince1970).encode(into: &writer)
        writer.write(isFetched)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 9)
        run = try UniqueID(from: &reader)
        question = try reader.readBytes()
        digest = try reader.readDigest()
        created = WallTime(millisecondsSince1970: try reader.readInt64())
        expires = WallTime(millisecondsSince1970: try reader.readInt64())
        attempts = try reader.readUInt64()
        let life = try UniqueID?(from: &reader)
        let answer = try QueuedAnswer?(from: &reader)
        state = answer.map { .answered($0) } ?? life.map { .asked(life: $0) } ?? .waiting
        session = try reader.readOptionalSession()
        if tail.takesField() { pauses = try reader.readUInt64() }
        if tail.takesField() { notBefore = try Int64?(from: &reader).map { WallTime(millisecondsSince1970: $0) } }
        if tail.takesField() { isFetched = try reader.readBool() }
        try reader.endRecord(tail)
        guard question.count <= Limits.AskQueue.maximumQuestionBytes else {
            throw WireError(.invalidValue, "a question of \(question.count) bytes")
        }
    }
}
