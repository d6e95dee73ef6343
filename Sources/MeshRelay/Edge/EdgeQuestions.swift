internal import MeshChat
internal import MeshCore
package import MeshEscalation
package import MeshGateway
package import MeshIdentity
internal import MeshPrivacy
internal import MeshSessions

/// Questions that applications ask an edge: within a session, if they say so, and through the privacy proxy.
///
///     number ─▶ session: context, history ─▶ placeholders ─▶ the question into the session ─▶ hub
///                                            ◀─ originals ◀─ the answer into the session ◀────┘
///
/// What a session keeps has placeholders; what an application reads has none.
package final class EdgeQuestions: EscalationPort {
    private let desk: EdgeDesk
    private let sessions: SessionOffice
    private let queue: EdgeQueue
    /// A secret of this edge, so that nobody can find out by trying which request a run's number is made of.
    private let edge: String

    /// Questions that go out over `desk`, within `sessions`, or wait in `queue`; `edge` is a secret text of this edge's
    /// own.
    package init(_ desk: EdgeDesk, sessions: SessionOffice, queue: EdgeQueue, edge: String) {
        self.desk = desk
        self.sessions = sessions
        self.queue = queue
        self.edge = edge
    }

    /// By the edge, too: two of a tenant may number their requests alike.
    private func run(of request: String, _ caller: Caller) -> UniqueID {
        EscalationRequest.run(of: request, asker: "\(edge)/\(caller.asker)")
    }

    /// Has the hub answer what of a question may leave, within its session.
    package func begin(_ call: EscalationCall) async throws(EscalationFailure) -> any EscalationRun {
        let run = run(of: call.request.id, call.caller)
        guard let id = call.request.session else {
            let ask = try await redacted(call.request.question, in: .stateless)
            return try await answer(ask, run, call, thread: nil)
        }
        let (ask, thread, said) = try await asked(call, in: id, as: run)
        if let said { return SaidAgain(said, run: run, restoredBy: ask.map) }
        return try await answer(ask, run, call, thread: thread)
    }

    /// The question as its session has it now, and the answer that this has already, if it has.
    private func asked(
        _ call: EscalationCall,
        in id: SessionID,
        as run: UniqueID
    ) async throws(EscalationFailure) -> (RedactedAsk<RelayQuestion>, SessionThread, SessionMessage?) {
        let thread: SessionThread
        do throws(SessionProblem) { thread = try await sessions.thread(id, call.caller) } catch {
            throw EscalationFailure(error)
        }
        let question = try await joined(call.request.question, with: thread, as: run)
        let ask = try await redacted(question, in: .session(id))
        do throws(SessionThread.Problem) {
            return (ask, thread, try await thread.ask(ask.content.query.text, run: run))
        } catch {
            throw EscalationFailure(error)
        }
    }

    /// The question with what its session has, in the words of the asker.
    private func joined(
        _ question: Question<UnredactedText>,
        with thread: SessionThread,
        as run: UniqueID
    ) async throws(EscalationFailure) -> Question<UnredactedText> {
        let (head, history): (SessionHead, [SessionMessage])
        do throws(SessionThread.Problem) {
            head = try await thread.head()
            let room = await desk.room(for: question, model: question.model ?? head.model)
            history = try await thread.history(tokens: room, before: run)
        } catch {
            throw EscalationFailure(error)
        }
        let map: PlaceholderMap
        do throws(ChatError) {
            map = try await desk.parts.maps.map(of: .session(thread.key.id), of: desk.parts.tenant)
        } catch {
            throw EscalationFailure(error)
        }
        let shown = { @Sendable (text: String) in Restorer.restore(text, with: map).text }
        let context = await head.mapTexts(shown).context
        var said: [SessionMessage] = []
        for message in history { said.append(await message.mapText(shown)) }
        let asked = question.within(context, model: head.model, history: said)
        try asked.check()
        return asked
    }

    private func redacted(
        _ question: Question<UnredactedText>,
        in conversation: Conversation
    ) async throws(EscalationFailure) -> RedactedAsk<RelayQuestion> {
        do throws(ChatError) {
            return try await desk.parts.maps.redact(question, in: conversation, of: desk.parts.tenant)
        } catch {
            throw EscalationFailure(error)
        }
    }

    private func answer(
        _ ask: RedactedAsk<RelayQuestion>,
        _ run: UniqueID,
        _ call: EscalationCall,
        thread: SessionThread?
    ) async throws(EscalationFailure) -> RestoredAnswer {
        try await desk.answer(
            to: .question(ask.content),
            as: run,
            (ask.map, ask.report),
            promptTokens: TokenEstimate.likely(ofBytes: ask.content.textBytes),
            deadline: call.deadline,
            keeper: thread.map { AnswerKeeper($0, run: run, deadline: call.deadline) }
        )
    }

    /// What of a question would leave; a session that is named is made where there is none.
    package func preview(_ call: EscalationCall) async throws(EscalationFailure) -> QuestionPreview {
        guard let id = call.request.session else {
            let ask = try await redacted(call.request.question, in: .stateless)
            return QuestionPreview(ask)
        }
        let thread: SessionThread
        do throws(SessionProblem) { thread = try await sessions.thread(id, call.caller) } catch {
            throw EscalationFailure(error)
        }
        let run = run(of: call.request.id, call.caller)
        let question = try await joined(call.request.question, with: thread, as: run)
        let ask = try await redacted(question, in: .session(id))
        return QuestionPreview(ask)
    }

    /// Lets a question wait for a hub.
    package func enqueue(_ call: EscalationCall) async throws(EscalationFailure) -> AskStanding {
        let run = run(of: call.request.id, call.caller)
        guard let id = call.request.session else {
            let ask = try await redacted(call.request.question, in: .run(run))
            return try await queue.enqueue(.question(ask.content), as: run, in: nil)
        }
        let (ask, _, said) = try await asked(call, in: id, as: run)
        if let said {
            let again = SaidAgain(said, run: run, restoredBy: ask.map)
            let reply: ChatReply
            do throws(ChatError) { reply = try await again.collect() } catch { throw EscalationFailure(error) }
            return .answered(reply, run: run, cost: again.cost, charge: again.charge, privacy: again.privacy)
        }
        return try await queue.enqueue(.question(ask.content), as: run, in: id)
    }

    /// How a question stands that waits.
    package func standing(of request: String, caller: Caller) async throws(EscalationFailure) -> AskStanding {
        try await queue.standing(of: run(of: request, caller))
    }
}

extension QuestionPreview {
    /// What `ask` would say.
    fileprivate init(_ ask: RedactedAsk<RelayQuestion>) {
        let question = ask.content
        self.init(
            query: question.query.text,
            context: SessionContext(
                framing: question.framing?.text,
                knowledge: question.knowledge.map { KnowledgePiece(name: $0.name?.text, text: $0.text.text) },
                constraints: question.constraints.map(\.text)
            ),
            history: question.history.map { Turn($0.role, $0.text.text) },
            found: ask.report
        )
    }
}
