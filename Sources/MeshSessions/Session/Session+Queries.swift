package import MeshActors
package import MeshCore
package import MeshWire

/// A session without what was said in it.
package struct SessionHead: Hashable, Sendable {
    /// Its key: ``SessionKey/text``.
    package let key: String

    /// What it is called.
    package internal(set) var title: String?

    /// The context of all questions.
    package internal(set) var context: SessionContext

    /// Which model shall answer.
    package let model: String?

    /// How many messages are kept.
    package let messages: UInt64

    /// How many there was no room for.
    package let forgotten: UInt64

    /// When it began.
    package let created: WallTime

    /// When something changed last.
    package let updated: WallTime

    /// That of `session`.
    package init(_ session: Session) {
        key = session.key
        title = session.title
        context = session.context
        model = session.model
        messages = UInt64(session.messages.count)
        forgotten = session.forgotten
        created = session.created
        updated = session.updated
    }
}

extension SessionHead: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 8)
        writer.write(key)
        title.encode(into: &writer)
        context.encode(into: &writer)
        model.encode(into: &writer)
        writer.write(messages)
        writer.write(forgotten)
        writer.write(created)
        writer.write(updated)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 8)
        key = try reader.readText(atMost: Limits.Address.maximumKeyBytes)
        title = try reader.readOptionalText(atMost: Limits.Sessions.maximumTitleBytes)
        context = try SessionContext(from: &reader)
        model = try reader.readModel()
        messages = try reader.readUInt64()
        forgotten = try reader.readUInt64()
        created = try reader.readTime()
        updated = try reader.readTime()
        try reader.endRecord(tail)
    }
}

/// Some of a session's messages, in order.
package struct SessionPage: Hashable, Sendable {
    /// The messages.
    package internal(set) var messages: [SessionMessage]

    /// Whether others follow.
    package let hasMore: Bool

    /// How many turns of a history stand before them, and did not fit.
    package internal(set) var earlier: UInt64 = 0
}

extension SessionPage: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: earlier == 0 ? 2 : 3)
        messages.encode(into: &writer)
        writer.write(hasMore)
        if earlier > 0 { writer.write(earlier) }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 2)
        messages = try reader.readList(of: SessionMessage.self, atMost: Limits.Sessions.maximumPage)
        hasMore = try reader.readBool()
        earlier = try reader.readAppended(UInt64.self, in: &tail) ?? 0
        try reader.endRecord(tail)
    }
}

extension Session {
    /// Asks for all but the messages.
    package struct Show: Command, FieldlessCommand {
        package typealias Target = Session
        package typealias Reply = SessionHead
        package typealias Refusal = SessionRefusal

        package static let tag: UInt32 = 8

        /// The only one.
        package init() {}

        package func decide(_ state: Session, _ turn: inout Turn<Session>) throws(SessionRefusal) -> SessionHead {
            try state.checkOpen()
            return SessionHead(state)
        }
    }

    /// Asks for the messages behind one of them; where that one is gone, for those from the first.
    package struct Messages: Command {
        package typealias Target = Session
        package typealias Reply = SessionPage
        package typealias Refusal = SessionRefusal

        package static let tag: UInt32 = 9
        /// The last message of the page before; nil for the first page.
        package let after: UInt64?

        /// The page behind the message `after`.
        package init(after: UInt64? = nil) { self.after = after }

        package func decide(_ state: Session, _ turn: inout Turn<Session>) throws(SessionRefusal) -> SessionPage {
            try state.checkOpen()
            let start = after.flatMap { number in state.messages.firstIndex { $0.number == number } }.map { $0 + 1 }
            let rest = state.messages[(start ?? 0)...]
            let page = Session.page(rest)
            return SessionPage(messages: Array(page), hasMore: page.count < rest.count)
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 1)
            after.encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 1)
            after = try UInt64?(from: &reader)
            try reader.endRecord(tail)
        }
    }

    /// As many messages as one answer holds, and at least one.
    private static func page(_ messages: ArraySlice<SessionMessage>) -> ArraySlice<SessionMessage> {
        var (count, bytes) = (0, 0)
        for message in messages.prefix(Limits.Sessions.maximumPage) {
            bytes += message.text.utf8.count
            guard count == 0 || bytes <= Limits.Sessions.maximumPageBytes else { break }
            count += 1
        }
        return messages.prefix(count)
    }

    /// Asks for what a prompt shall repeat of the conversation: see ``SessionHistory``.
    package struct History: Command {
        package typealias Target = Session
        package typealias Reply = SessionPage
        package typealias Refusal = SessionRefusal

        package static let tag: UInt32 = 10
        /// The most tokens of it.
        package let tokens: UInt64
        /// The run whose question is about to be asked, and is left out; nil where it is not in the session.
        package let run: UniqueID?

        /// The history of at most `tokens` before the question of `run`.
        package init(tokens: UInt64, before run: UniqueID? = nil) {
            self.tokens = tokens
            self.run = run
        }

        package func decide(_ state: Session, _ turn: inout Turn<Session>) throws(SessionRefusal) -> SessionPage {
            try state.checkOpen()
            let said = SessionHistory.turns(state.messages, before: run)
            let fitting = SessionHistory.fitting(said, tokens: Int(clamping: tokens))
            let earlier = UInt64(said.count - fitting.count)
            return SessionPage(messages: fitting, hasMore: false, earlier: earlier)
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 2)
            writer.write(tokens)
            run.encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            tokens = try reader.readUInt64()
            run = try UniqueID?(from: &reader)
            try reader.endRecord(tail)
        }
    }
}
