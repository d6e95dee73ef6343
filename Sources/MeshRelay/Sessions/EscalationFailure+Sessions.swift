internal import MeshChat
internal import MeshCore
internal import MeshEscalation
internal import MeshGateway
internal import MeshSessions

extension EscalationFailure {
    /// What keeps a run from asking in its session.
    init(_ problem: SessionThread.Problem) {
        switch problem {
        case .conflict:
            self.init(.conflict, "request_id was used for another question in this session", field: "request_id")
        case .noQuestion: self.init(.conflict, "the question was cleared from its session", field: "session_id")
        case .session(let problem): self.init(problem)
        }
    }

    /// What befalls its session.
    init(_ problem: SessionProblem) {
        switch problem {
        case .notFound: self.init(.invalidField, "session_id is no session any more", field: "session_id")
        case .deleted:
            self.init(
                .invalidField,
                "session_id is that of a session that was deleted, and is not used again",
                field: "session_id"
            )
        case .tooMany:
            let words = "session_id is new, and there are \(Limits.Sessions.maximumSessions) sessions: delete one first"
            self.init(.invalidField, words, field: "session_id")
        case .tooLarge:
            let limit = Limits.Sessions.maximumMessageBytes
            self.init(.invalidField, "query has more bytes than a session keeps, \(limit)", field: "query")
        case .blocked(let words): self.init(.forbidden, words)
        case .unavailable(let words): self.init(.unavailable, words, retryAfter: .seconds(1))
        }
    }
}
