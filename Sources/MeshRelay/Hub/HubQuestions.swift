internal import MeshChat
internal import MeshCore
package import MeshEscalation
package import MeshGateway
package import MeshIdentity
internal import MeshSessions

/// Questions that applications ask a hub themselves, without an edge: nobody has redacted them.
///
///     number ─▶ session: context, history, the question ─▶ prompt ─▶ desk ─▶ answer ─▶ into the session ─▶ its end
///
/// The same request of the same asker has one number: while it is under way, the same again is a conflict, and where
/// its session has the answer already, that is said again and nobody is asked.
package final class HubQuestions: EscalationPort {
    private let chat: any ChatPort
    private let sessions: SessionOffice
    private let acceptsUnredacted: @Sendable () -> Bool

    /// Questions that `chat` answers, within `sessions`; refused where `acceptsUnredacted` says so.
    package init(
        _ chat: any ChatPort,
        sessions: SessionOffice,
        acceptsUnredacted: @escaping @Sendable () -> Bool = { true }
    ) {
        self.chat = chat
        self.sessions = sessions
        self.acceptsUnredacted = acceptsUnredacted
    }

    /// Begins the answer, within its session where there is one.
    package func begin(_ call: EscalationCall) async throws(EscalationFailure) -> any EscalationRun {
        guard acceptsUnredacted() else {
            throw EscalationFailure(
                .unredacted,
                "this hub answers no text that nobody has redacted: ask the edge on your own machine"
            )
        }
        if call.request.question.adapter != nil { throw EscalationFailure(.noAdapters) }
        let run = EscalationRequest.run(of: call.request.id, asker: call.caller.asker)
        var (question, thread): (Question<UnredactedText>, SessionThread?) = (call.request.question, nil)
        if let id = call.request.session {
            let joined: SessionThread
            do throws(SessionProblem) { joined = try await sessions.thread(id, call.caller) } catch {
                throw EscalationFailure(error)
            }
            do throws(SessionThread.Problem) {
                if let said = try await joined.ask(question.query.text, run: run) { return SaidAgain(said, run: run) }
                let head = try await joined.head()
                let model = question.model ?? head.model
                let room = await chat.room(for: question, model: model)
                let history = try await joined.history(tokens: room, before: run)
                question = question.within(
                    head.context,
                    model: head.model,
                    history: history.messages,
                    earlierTurns: Int(clamping: history.earlier)
                )
            } catch {
                throw EscalationFailure(error)
            }
            try question.check()
            thread = joined
        }
        let tokens = await chat.room(for: question, model: question.model)
        let prompt = EscalationPrompt(question, model: ModelDirectory.automatic, tokens: tokens)
        let chatCall = ChatCall(
            id: run,
            caller: call.caller,
            request: prompt.request,
            deadline: call.deadline,
            place: CallPlace(project: question.project, session: call.request.session?.text)
        )
        do throws(ChatError) {
            let answer = try await chat.begin(chatCall)
            return HubQuestionRun(
                answer,
                run: run,
                thread: thread,
                leftOut: prompt.leftOut,
                deadline: call.deadline
            )
        } catch {
            throw EscalationFailure(error)
        }
    }

    /// A hub answers at once, so that nothing waits.
    package func enqueue(_ call: EscalationCall) async throws(EscalationFailure) -> AskStanding {
        throw EscalationFailure(.unsupported, "a hub answers at once: ask without Prefer: respond-async")
    }

    /// Nothing waits.
    package func drop(_ request: String, caller: Caller) async throws(EscalationFailure) -> Bool { false }

    /// Nothing waits.
    package func standing(of request: String, caller: Caller) async throws(EscalationFailure) -> AskStanding {
        .unknown
    }
}
