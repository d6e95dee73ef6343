package import MeshChat
package import MeshIdentity
package import MeshSessions

/// The port to the conversations that are kept on this node: a tenant's on a hub, its own user's on an edge.
///
/// An edge keeps texts redacted, and gives them out with their originals put back.
package protocol SessionPort: Sendable {
    /// A page of the caller's sessions, the newest first.
    func list(_ caller: Caller, after cursor: SessionCursor?, count: Int) async throws(SessionProblem)
        -> SessionListPage

    /// What a session holds beside its messages.
    func show(_ id: SessionID, _ caller: Caller) async throws(SessionProblem) -> SessionHead

    /// A page of its messages, in order, behind the message of that number.
    func messages(_ id: SessionID, after number: UInt64?, _ caller: Caller) async throws(SessionProblem) -> SessionPage

    /// Adds a message, and makes the session where there is none; the number of the message.
    func add(_ text: String, by role: ChatRole, to id: SessionID, _ caller: Caller) async throws(SessionProblem)
        -> UInt64

    /// Changes the context, and makes the session where there is none.
    func update(_ change: SessionContextChange, of id: SessionID, _ caller: Caller) async throws(SessionProblem)

    /// Prefers a model, or none.
    func prefer(_ model: String?, in id: SessionID, _ caller: Caller) async throws(SessionProblem)

    /// Forgets what was said, and keeps the session.
    func clear(_ id: SessionID, _ caller: Caller) async throws(SessionProblem)

    /// Deletes the session for good, and on an edge the originals of its placeholders.
    func delete(_ id: SessionID, _ caller: Caller) async throws(SessionProblem)
}

/// Why something cannot be done with a session.
package enum SessionProblem: Error, Hashable, Sendable {
    /// There is none of that name.
    case notFound
    /// There was one, and its name is not used again.
    case deleted
    /// The owner has as many as may be.
    case tooMany
    /// It is beyond a bound, which the words name.
    case tooLarge(String)
    /// It holds personal data of a kind that may not be kept; the words name field and kind.
    case blocked(String)
    /// Not now; the words say why.
    case unavailable(String)
}
