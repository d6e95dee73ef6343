package import MeshActors
package import MeshChat
package import MeshCore
package import MeshWire

extension Session {
    /// The time of a change: that of the clock, and never before the last change.
    func time(_ turn: inout Turn<Session>) -> WallTime { max(turn.wallTime, updated) }

    func checkOpen() throws(SessionRefusal) {
        switch phase {
        case .absent: throw .notFound
        case .open: break
        case .deleted: throw .deleted
        }
    }

    /// Makes the session; one that is there stays as it is.
    package struct Create: Command {
        package typealias Target = Session
        package typealias Reply = SessionHead
        package typealias Refusal = SessionRefusal

        package static let tag: UInt32 = 1
        /// Which model shall answer; nil for whichever.
        package let model: String?
        /// The context of all questions.
        package let context: SessionContext

        /// A session whose questions are for `model`, in `context`.
        package init(model: String? = nil, context: SessionContext = SessionContext()) {
            self.model = model
            self.context = context
        }

        package func decide(_ state: Session, _ turn: inout Turn<Session>) throws(SessionRefusal) -> SessionHead {
            guard state.phase != .deleted else { throw .deleted }
            guard state.phase == .absent else { return SessionHead(state) }
            try model.checkModel()
            guard context.bytes <= Limits.Sessions.maximumContextBytes else { throw .tooLarge }
            let time = turn.wallTime
            turn.emit(.created(model: model, context, at: time))
            var made = state
            made.apply(.created(model: model, context, at: time), at: EventPosition(head: .none, index: 0))
            return SessionHead(made)
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 2)
            model.encode(into: &writer)
            context.encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            model = try reader.readModel()
            context = try SessionContext(from: &reader)
            try reader.endRecord(tail)
        }
    }

    /// Adds a message; replies with its number.
    ///
    /// A question is told from its repetition by the run that it begins.
    package struct AddMessage: Command {
        package typealias Target = Session
        package typealias Reply = UInt64
        package typealias Refusal = SessionRefusal

        package static let tag: UInt32 = 2
        /// Who says it.
        package let role: ChatRole
        /// What.
        package let text: String
        /// The run that a question begins; nil where it begins none.
        package let run: UniqueID?
        /// Whether placeholders stand for personal data in it.
        package let isRedacted: Bool

        /// A message of `role`.
        package init(role: ChatRole, text: String, run: UniqueID? = nil, isRedacted: Bool) {
            self.role = role
            self.text = text
            self.run = role == .user ? run : nil
            self.isRedacted = isRedacted
        }

        package func decide(_ state: Session, _ turn: inout Turn<Session>) throws(SessionRefusal) -> UInt64 {
            try state.checkOpen()
            if let run, let known = state.question(of: run) {
                guard known.text == text else { throw .conflict }
                return known.number
            }
            guard !text.isEmpty else { throw .empty }
            guard text.utf8.count <= Limits.Sessions.maximumMessageBytes else { throw .tooLarge }
            // The question of a run that has been answered was cleared, or forgotten: it is not asked anew.
            guard run.map({ state.answer(of: $0) == nil }) ?? true else { throw .conflict }
            let message = SessionMessage(
                number: state.nextNumber,
                role: role,
                text: text,
                model: nil,
                tokens: nil,
                created: state.time(&turn),
                run: run,
                isCut: false,
                isRedacted: isRedacted
            )
            turn.emit(.added(message, behind: nil))
            return message.number
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 4)
            writer.write(role)
            writer.write(text)
            run.encode(into: &writer)
            writer.write(isRedacted)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 4)
            self.init(
                role: try reader.readRole(),
                text: try reader.readText(),
                run: try UniqueID?(from: &reader),
                isRedacted: try reader.readBool()
            )
            try reader.endRecord(tail)
        }
    }

    /// Appends the answer of a run behind its question; replies with its number, also when it is there already.
    package struct AppendAnswer: Command {
        package typealias Target = Session
        package typealias Reply = UInt64
        package typealias Refusal = SessionRefusal

        package static let tag: UInt32 = 3
        /// The run that produced it.
        package let run: UniqueID
        /// What it says.
        package let text: String
        /// The model that said it.
        package let model: String
        /// What the run has used.
        package let tokens: MessageTokens?
        /// Whether placeholders stand for personal data in it.
        package let isRedacted: Bool
        /// Whether more was said.
        package let isCut: Bool
        /// Why it was over; nil where nobody has said.
        package let stopReason: StopReason?

        /// The answer of `run`; what is beyond ``Limits/Sessions/maximumMessageBytes`` is cut.
        package init(
            run: UniqueID,
            text: String,
            model: String,
            tokens: MessageTokens?,
            isRedacted: Bool,
            stopReason: StopReason? = nil
        ) {
            self.run = run
            self.text = text.cut(toBytes: Limits.Sessions.maximumMessageBytes)
            self.model = model.cut(toBytes: Limits.Sessions.maximumModelBytes)
            self.tokens = tokens
            self.isRedacted = isRedacted
            isCut = text.utf8.count > Limits.Sessions.maximumMessageBytes
            self.stopReason = stopReason
        }

        package func decide(_ state: Session, _ turn: inout Turn<Session>) throws(SessionRefusal) -> UInt64 {
            try state.checkOpen()
            let message = SessionMessage(
                number: state.nextNumber,
                role: .assistant,
                text: text,
                model: model,
                tokens: tokens,
                created: state.time(&turn),
                run: run,
                isCut: isCut,
                isRedacted: isRedacted,
                stopReason: stopReason
            )
            if let known = state.answer(of: run) {
                guard known.digest == message.digest else { throw .conflict }
                return known.number
            }
            guard let question = state.question(of: run) else { throw .noQuestion }
            turn.emit(.added(message, behind: question.number))
            return message.number
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: stopReason == nil ? 6 : 7)
            run.encode(into: &writer)
            writer.write(text)
            writer.write(model)
            tokens.encode(into: &writer)
            writer.write(isRedacted)
            writer.write(isCut)
            if let stopReason { writer.write(stopReason.number) }
        }

        package init(from reader: inout WireReader) throws(WireError) {
            var tail = try reader.beginRecord(fields: 6)
            run = try UniqueID(from: &reader)
            text = try reader.readText(atMost: Limits.Sessions.maximumMessageBytes)
            model = try reader.readText(atMost: Limits.Sessions.maximumModelBytes)
            tokens = try MessageTokens?(from: &reader)
            isRedacted = try reader.readBool()
            isCut = try reader.readBool()
            stopReason = try reader.readAppended(UInt64.self, in: &tail).flatMap { StopReason(number: $0) }
            try reader.endRecord(tail)
        }
    }

    /// Changes parts of the context.
    package struct UpdateContext: Command {
        package typealias Target = Session
        package typealias Reply = Done
        package typealias Refusal = SessionRefusal

        package static let tag: UInt32 = 4
        /// What becomes different.
        package let change: SessionContextChange

        /// The change `change`.
        package init(_ change: SessionContextChange) { self.change = change }

        package func decide(_ state: Session, _ turn: inout Turn<Session>) throws(SessionRefusal) -> Done {
            try state.checkOpen()
            let context = change.applied(to: state.context)
            guard context.bytes <= Limits.Sessions.maximumContextBytes else { throw .tooLarge }
            if context != state.context { turn.emit(.contextChanged(context, at: state.time(&turn))) }
            return Done()
        }

        package func encode(into writer: inout WireWriter) { change.encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) {
            change = try SessionContextChange(from: &reader)
        }
    }

    /// Says which model shall answer.
    package struct PreferModel: Command {
        package typealias Target = Session
        package typealias Reply = Done
        package typealias Refusal = SessionRefusal

        package static let tag: UInt32 = 5
        /// Which; nil for whichever.
        package let model: String?

        /// Prefers `model`.
        package init(_ model: String?) { self.model = model }

        package func decide(_ state: Session, _ turn: inout Turn<Session>) throws(SessionRefusal) -> Done {
            try state.checkOpen()
            try model.checkModel()
            if model != state.model { turn.emit(.modelPreferred(model, at: state.time(&turn))) }
            return Done()
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 1)
            model.encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 1)
            model = try reader.readModel()
            try reader.endRecord(tail)
        }
    }

    /// Forgets all that was said, and the title with it; context and model stay, and so does the session.
    package struct Clear: Command, FieldlessCommand {
        package typealias Target = Session
        package typealias Reply = Done
        package typealias Refusal = SessionRefusal

        package static let tag: UInt32 = 6

        /// The only one.
        package init() {}

        package func decide(_ state: Session, _ turn: inout Turn<Session>) throws(SessionRefusal) -> Done {
            try state.checkOpen()
            if !state.messages.isEmpty { turn.emit(.cleared(at: state.time(&turn))) }
            return Done()
        }
    }

    /// Deletes the session for ever, also one that nobody has made; a second time changes nothing.
    package struct Delete: Command, FieldlessCommand {
        package typealias Target = Session
        package typealias Reply = Done
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 7

        /// The only one.
        package init() {}

        package func decide(_ state: Session, _ turn: inout Turn<Session>) -> Done {
            if state.phase != .deleted { turn.emit(.deleted(at: state.time(&turn))) }
            return Done()
        }
    }

    /// The completion of a ``SessionNotice``.
    package struct IndexTold: Command {
        package typealias Target = Session
        package typealias Reply = Done
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 11
        /// The change that the list knows of.
        package let position: EventPosition

        /// The list knows of the change at `position`.
        package init(position: EventPosition) { self.position = position }

        package func decide(_ state: Session, _ turn: inout Turn<Session>) -> Done {
            if state.untold == position { turn.emit(.indexTold(position)) }
            return Done()
        }

        package func encode(into writer: inout WireWriter) { position.encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) { position = try EventPosition(from: &reader) }
    }

    /// The question that begins `run`.
    func question(of run: UniqueID) -> SessionMessage? { messages.last { $0.run == run && $0.role == .user } }

    /// The answer of `run`, whether it is still there or not.
    func answer(of run: UniqueID) -> AnsweredRun? { answers.last { $0.run == run } }
}

extension String? {
    fileprivate func checkModel() throws(SessionRefusal) {
        guard let self else { return }
        guard !self.isEmpty else { throw .empty }
        guard self.utf8.count <= Limits.Sessions.maximumModelBytes else { throw .tooLarge }
    }
}

/// A command without fields.
package protocol FieldlessCommand: WireCodable {
    init()
}

extension FieldlessCommand {
    /// Writes it.
    package func encode(into writer: inout WireWriter) { writer.writeArrayHead(count: 0) }

    /// Reads it.
    package init(from reader: inout WireReader) throws(WireError) {
        try reader.endRecord(reader.beginRecord(fields: 0))
        self.init()
    }
}
