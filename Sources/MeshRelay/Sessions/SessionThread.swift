internal import MeshActors
package import MeshChat
package import MeshCore
package import MeshGateway
package import MeshSessions

/// A session as a run sees it that asks in it: texts as they are kept.
package struct SessionThread: Sendable {
    /// Which session.
    package let key: SessionKey
    private let session: ActorReference<JournaledActor<Session>>
    private let isRedacted: Bool

    init(key: SessionKey, session: ActorReference<JournaledActor<Session>>, isRedacted: Bool) {
        self.key = key
        self.session = session
        self.isRedacted = isRedacted
    }

    /// Why a run cannot ask, or answer, in the session.
    package enum Problem: Error, Hashable, Sendable {
        /// The run has asked, or answered, something else already.
        case conflict
        /// The run's question is not here any more: it was cleared.
        case noQuestion
        /// What befalls anybody.
        case session(SessionProblem)

        init(_ failure: CallFailure<SessionRefusal>) {
            switch failure {
            case .refused(.conflict): self = .conflict
            case .refused(.noQuestion): self = .noQuestion
            default: self = .session(SessionProblem(failure))
            }
        }
    }

    /// Context, preferred model and the rest but the messages.
    package func head() async throws(Problem) -> SessionHead { try await asked(Session.Show()) }

    /// Adds the question that begins `run`; the same again is the same message.
    ///
    /// What the run has answered already is returned, so that it is not asked anew.
    package func ask(_ text: String, run: UniqueID) async throws(Problem) -> SessionMessage? {
        let message = Session.AddMessage(role: .user, text: text, run: run, isRedacted: isRedacted)
        let number = try await asked(message)
        let page = try await asked(Session.Messages(after: number))
        return page.messages.first { $0.run == run && $0.role == .assistant }
    }

    /// The same, where the run may have asked already in other words that `isSame` knows: those count.
    func ask(
        _ text: String,
        run: UniqueID,
        orSame isSame: (String) -> Bool
    ) async throws(Problem) -> SessionMessage? {
        do throws(Problem) { return try await ask(text, run: run) } catch {
            guard error == .conflict, let known = try await question(of: run), isSame(known) else { throw error }
            return try await ask(known, run: run)
        }
    }

    /// What `run` has asked; nil where it has not, or that was cleared.
    private func question(of run: UniqueID) async throws(Problem) -> String? {
        var last: UInt64?
        while true {
            let page = try await asked(Session.Messages(after: last))
            if let known = page.messages.first(where: { $0.run == run && $0.role == .user }) { return known.text }
            guard page.hasMore, let next = page.messages.last?.number else { return nil }
            last = next
        }
    }

    /// What a prompt of `run` shall repeat, in at most `tokens`.
    package func history(tokens: Int, before run: UniqueID) async throws(Problem) -> SessionPage {
        try await asked(Session.History(tokens: UInt64(max(0, tokens)), before: run))
    }

    /// Appends the answer of `run`, once; tries until `deadline`.
    package func answer(
        _ text: String,
        run: UniqueID,
        model: String,
        tokens: MessageTokens?,
        stopReason: StopReason?,
        deadline: Instant
    ) async throws(Problem) {
        let answer = Session.AppendAnswer(
            run: run,
            text: text,
            model: model,
            tokens: tokens,
            isRedacted: isRedacted,
            stopReason: stopReason
        )
        do throws(CallFailure<SessionRefusal>) { _ = try await session.call(answer, deadline: deadline) } catch {
            throw Problem(error)
        }
    }

    private func asked<C: Command>(_ command: C) async throws(Problem) -> C.Reply
    where C.Target == Session, C.Refusal == SessionRefusal {
        do throws(CallFailure<SessionRefusal>) { return try await session.call(command) } catch {
            throw Problem(error)
        }
    }
}
