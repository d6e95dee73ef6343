package import MeshCore
package import MeshSessions

/// To which conversation of a tenant a request belongs: within one, the same original has the same placeholder.
package enum Conversation: Hashable, Sendable {
    /// A session; its map is kept until it is forgotten, or has not been used for long.
    case session(SessionID)
    /// One question that may outlive its asker, and this process: its map is kept until it is forgotten.
    case run(UniqueID)
    /// A client that says all of it each time, as those of both vendors do; nothing is kept.
    ///
    /// Its beginning says which conversation it is, so that the next request, which has the same beginning, has the
    /// same placeholders.
    case stateless

    /// What it is called where maps are kept; nil where none is kept.
    ///
    /// No session's name has a `~`.
    var keptName: String? {
        switch self {
        case .session(let id): id.text
        case .run(let run): "run~\(run)"
        case .stateless: nil
        }
    }
}
