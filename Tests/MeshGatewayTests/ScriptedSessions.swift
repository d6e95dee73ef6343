import MeshActors
import MeshChat
import MeshCore
import MeshGateway
import MeshIdentity
import MeshSessions
import MeshTestKit

/// A test double of whoever keeps conversations: the real values without actors, an index and a journal.
///
/// The session `full` cannot be made, `blocked` may not hold what is said, `closed` cannot be reached, and of `torn`
/// only the first page.
final class ScriptedSessions: SessionPort {
    let sessions = Lock<[SessionID: JournalGround<Session>]>([:])

    func list(
        _ caller: Caller,
        after cursor: SessionCursor?,
        count: Int
    ) async throws(SessionProblem) -> SessionListPage {
        let notices = sessions.withLock { sessions in
            sessions.sorted { $0.key.text < $1.key.text }.flatMap { id, ground in
                ground.value.pendingEffects.suffix(1).map { SessionIndex.Note($0.effect, of: id) }
            }
        }
        var index = JournalGround<SessionIndex>(key: "acme/")
        for notice in notices { _ = try Self.perform(notice, on: &index) }
        return try Self.perform(SessionIndex.List(after: cursor, count: count), on: &index)
    }

    func show(_ id: SessionID, _ caller: Caller) async throws(SessionProblem) -> SessionHead {
        try perform(Session.Show(), on: id)
    }

    func messages(
        _ id: SessionID,
        after number: UInt64?,
        _ caller: Caller
    ) async throws(SessionProblem) -> SessionPage {
        if id.text == "torn", number != nil { throw .unavailable("the journal does not answer") }
        return try perform(Session.Messages(after: number), on: id)
    }

    func add(
        _ text: String,
        by role: ChatRole,
        to id: SessionID,
        _ caller: Caller
    ) async throws(SessionProblem) -> UInt64 {
        try make(id)
        return try perform(Session.AddMessage(role: role, text: text, isRedacted: false), on: id)
    }

    func update(_ change: SessionContextChange, of id: SessionID, _ caller: Caller) async throws(SessionProblem) {
        try make(id)
        _ = try perform(Session.UpdateContext(change), on: id)
    }

    func prefer(_ model: String?, in id: SessionID, _ caller: Caller) async throws(SessionProblem) {
        _ = try perform(Session.PreferModel(model), on: id)
    }

    func clear(_ id: SessionID, _ caller: Caller) async throws(SessionProblem) {
        _ = try perform(Session.Clear(), on: id)
    }

    func delete(_ id: SessionID, _ caller: Caller) async throws(SessionProblem) {
        _ = try perform(Session.Show(), on: id)
        _ = try perform(Session.Delete(), on: id)
    }

    private func make(_ id: SessionID) throws(SessionProblem) {
        switch id.text {
        case "full": throw .tooMany
        case "blocked": throw .blocked("content holds a card")
        case "closed": throw .unavailable("the node is starting")
        default: break
        }
        _ = try perform(Session.Create(), on: id)
    }

    private func perform<C: Command>(_ command: C, on id: SessionID) throws(SessionProblem) -> C.Reply
    where C.Target == Session {
        try sessions.withLock { sessions throws(SessionProblem) in
            var ground = sessions[id] ?? JournalGround<Session>(key: "acme//\(id.text)")
            defer { sessions[id] = ground }
            return try Self.perform(command, on: &ground)
        }
    }

    private static func perform<Value: Journaled & Equatable, C: Command>(
        _ command: C,
        on ground: inout JournalGround<Value>
    ) throws(SessionProblem) -> C.Reply where C.Target == Value {
        do throws(C.Refusal) { return try ground.perform(command) } catch {
            switch error as any Error as? SessionRefusal {
            case .deleted?: throw .deleted
            case .notFound?: throw .notFound
            default: throw .tooLarge("because")
            }
        }
    }
}
