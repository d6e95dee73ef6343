internal import MeshCore
internal import MeshHTTP
internal import MeshSessions

extension HTTPRefusal {
    /// What a client is told of something that cannot be done with a session.
    init(_ problem: SessionProblem) {
        switch problem {
        case .notFound: self.init(.notFound, "unknown_session", "there is no such session")
        case .deleted:
            self.init(.gone, "session_deleted", "this session was deleted, and its name is not used again")
        case .tooMany:
            let limit = Limits.Sessions.maximumSessions
            self.init(.conflict, "too_many_sessions", "there are \(limit) sessions: delete one first")
        case .tooLarge(let words): self.init(.contentTooLarge, "too_large", words)
        case .blocked(let words): self.init(.badRequest, "blocked", words)
        case .unavailable(let words):
            let wait = "\(Limits.Gateway.retryAfter.components.seconds)"
            self.init(.serviceUnavailable, "not_now", words, fields: [.retryAfter: wait])
        }
    }

    /// What is asked of a node that keeps no conversations.
    static let noSessions = HTTPRefusal(.notFound, "not_here", "this node keeps no sessions")

    /// What is asked of a node that counts nothing.
    static let noUsage = HTTPRefusal(.notFound, "not_here", "this node does not count what is used")
}
