internal import MeshChat
internal import MeshCore
internal import MeshGateway
internal import MeshSessions

/// Takes an answer down as it is said, and puts it into its session once it is whole.
final class AnswerKeeper: Sendable {
    private let thread: SessionThread
    private let run: UniqueID
    private let deadline: Instant
    /// What was said, as far as a session keeps it and a little more, so that it is seen to be cut.
    private let said = Lock("")

    init(_ thread: SessionThread, run: UniqueID, deadline: Instant) {
        self.thread = thread
        self.run = run
        self.deadline = deadline
    }

    /// More was said.
    func take(_ text: String) {
        said.withLock { said in
            guard said.utf8.count <= Limits.Sessions.maximumMessageBytes else { return }
            said += text
        }
    }

    /// The answer is whole.
    ///
    /// A session that was deleted or cleared meanwhile wants none; one that cannot be reached has lost it, and whoever
    /// asked is told.
    func keep(model: String, usage: ChatUsage, stopReason: StopReason?) async throws(ChatError) {
        let tokens = MessageTokens(
            input: UInt64(clamping: usage.promptTokens),
            output: UInt64(clamping: usage.outputTokens)
        )
        let said = said.withLock { $0 }
        do throws(SessionThread.Problem) {
            try await thread.answer(
                said,
                run: run,
                model: model,
                tokens: tokens,
                stopReason: stopReason,
                deadline: deadline
            )
        } catch {
            guard case .session(.unavailable) = error else { return }
            let failure = ChatFailure(hasBegun: true)
            throw ChatError(.unavailable, "the answer is whole, and its session could not keep it", cause: failure)
        }
    }
}
