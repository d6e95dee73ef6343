package import MeshActors
internal import MeshChat
package import MeshCore

/// A conversation: what was said, the context in which it is said, and what its owner's list has not been told yet.
///
///     (nothing) ──create──▶ open ──delete──▶ deleted, for ever
///                            │ ▲
///                            └─┘ messages, answers, context, model, clear
///
/// An answer is appended by the run that produced it, behind the question that began the run, and once.
package struct Session: Journaled, Hashable {
    package static let kind = ActorKind("session")

    package static var commands: CommandTable<JournaledActor<Session>> {
        CommandTable()
            .accepting(Create.self)
            .accepting(AddMessage.self)
            .accepting(AppendAnswer.self)
            .accepting(UpdateContext.self)
            .accepting(PreferModel.self)
            .accepting(Clear.self)
            .accepting(Delete.self)
            .accepting(Show.self)
            .accepting(Messages.self)
            .accepting(History.self)
            .accepting(IndexTold.self)
    }

    /// Its key: ``SessionKey/text``.
    package let key: String

    /// Whether it is there.
    package internal(set) var phase = Phase.absent

    /// What it is called; nil until somebody has asked something.
    package internal(set) var title: String?

    /// What was said, in order; of old messages only as many as there is room for.
    package internal(set) var messages: [SessionMessage] = []

    /// The context of all questions.
    package internal(set) var context = SessionContext()

    /// Which model shall answer; nil for whichever.
    package internal(set) var model: String?

    /// When it began.
    package internal(set) var created = WallTime(millisecondsSince1970: 0)

    /// When something changed last.
    package internal(set) var updated = WallTime(millisecondsSince1970: 0)

    /// The number of the next message.
    package internal(set) var nextNumber: UInt64 = 1

    /// Messages that there was no room for.
    package internal(set) var forgotten: UInt64 = 0

    /// Bytes of all messages.
    package internal(set) var bytes = 0

    /// Runs whose answers are there, or were, the oldest first.
    package internal(set) var answers: [AnsweredRun] = []

    /// The change that the owner's list has not been told, or not been known to be told.
    package internal(set) var untold: EventPosition?

    package init(key: String) { self.key = key }

    /// Whether a session is there.
    package enum Phase: UInt64, Sendable {
        /// Nobody has made it.
        case absent = 0
        /// It is.
        case open = 1
        /// It was, and its name is not used again.
        case deleted = 2
    }

    /// A run whose answer is known.
    package struct AnsweredRun: Hashable, Sendable {
        /// Which run.
        package let run: UniqueID
        /// The number of the answer.
        package let number: UInt64
        /// The hash of what it said.
        package let digest: SHA256Digest
    }

    /// One change.
    package enum Event: Hashable, Sendable {
        case created(model: String?, SessionContext, at: WallTime)
        /// Behind the question of that number; at the end where there is none.
        case added(SessionMessage, behind: UInt64?)
        case contextChanged(SessionContext, at: WallTime)
        case modelPreferred(String?, at: WallTime)
        case cleared(at: WallTime)
        case deleted(at: WallTime)
        case indexTold(EventPosition)
    }

    package mutating func apply(_ event: Event, at position: EventPosition) {
        switch event {
        case .created(let model, let context, let time):
            phase = .open
            self.model = model
            self.context = context
            (created, updated) = (time, time)
        case .added(let message, let question): add(message, behind: question)
        case .contextChanged(let context, let time):
            self.context = context
            updated = time
        case .modelPreferred(let model, let time):
            self.model = model
            updated = time
        case .cleared(let time):
            forgetWords()
            updated = time
        case .deleted(let time):
            forgetWords()
            context = SessionContext()
            model = nil
            answers = []
            phase = .deleted
            updated = time
        case .indexTold(let told):
            if untold == told { untold = nil }
            return
        }
        untold = position
    }

    private mutating func forgetWords() {
        messages = []
        bytes = 0
        title = nil
    }

    private mutating func add(_ message: SessionMessage, behind question: UInt64?) {
        let place = question.flatMap { number in messages.lastIndex { $0.number == number } }
        messages.insert(message, at: place.map { $0 + 1 } ?? messages.count)
        bytes += message.text.utf8.count
        nextNumber = message.number &+ 1
        updated = max(updated, message.created)
        if title == nil, message.role == .user { title = SessionTitle.title(of: message.text) }
        if message.role == .assistant, let run = message.run {
            answers.append(AnsweredRun(run: run, number: message.number, digest: message.digest))
            answers.removeFirst(max(0, answers.count - Limits.Sessions.maximumAnsweredRuns))
        }
        makeRoom()
    }

    /// The oldest messages leave, but never the newest.
    private mutating func makeRoom() {
        var leaving = max(0, messages.count - Limits.Sessions.maximumMessages)
        for message in messages[..<leaving] { bytes -= message.text.utf8.count }
        while bytes > Limits.Sessions.maximumSessionBytes, leaving < messages.count - 1 {
            bytes -= messages[leaving].text.utf8.count
            leaving += 1
        }
        messages.removeFirst(leaving)
        forgotten &+= UInt64(leaving)
    }

    /// The owner's list has to be told the state of the session as it is now.
    package var pendingEffects: [PendingEffect<SessionNotice>] {
        untold.map { [PendingEffect(at: $0, notice(at: $0))] } ?? []
    }

    /// What the owner's list shall know.
    func notice(at position: EventPosition) -> SessionNotice {
        SessionNotice(
            session: key,
            revision: position,
            isDeleted: phase == .deleted,
            title: title,
            messages: UInt64(messages.count),
            created: created,
            updated: updated
        )
    }

    package var approximateBytes: Int {
        Limits.Hosting.assumedBytes + bytes + context.bytes + messages.count * 160 + answers.count * 64
    }
}
