package import MeshActors
package import MeshChat
internal import MeshCore
package import MeshGateway
package import MeshIdentity
package import MeshSessions

/// The conversations of a node, on its actors.
///
/// What goes in and comes out passes ``SessionTexts``: on a hub it stays as it is, on an edge it is redacted and
/// restored. Whose a session is follows from who asks, never from its name.
package final class SessionOffice: Sendable {
    private let texts: any SessionTexts
    private let owner: @Sendable (Caller) -> SessionOwner
    private let node = Lock(WeakNode())
    private let watcher = Lock(Watcher())

    /// Weak, because the node holds the office by its kinds.
    private struct WeakNode: Sendable {
        weak var node: ActorNode?
    }

    /// In a struct: a function that lies in a generic box by itself is wrapped once more each time the box is opened.
    private struct Watcher: Sendable {
        var leave: (@Sendable (SessionKey) async throws(SessionProblem) -> Void)?
    }

    /// An office whose callers' sessions are those of `owner`: on a hub those of the tenant.
    package init(
        texts: any SessionTexts = PlainTexts(),
        owner: @escaping @Sendable (Caller) -> SessionOwner = { SessionOwner(tenant: $0.tenant) }
    ) {
        self.texts = texts
        self.owner = owner
    }

    /// The kinds of actors that a node hosts for it.
    package func kinds(placed rule: PlacementRule = .anywhere) -> [HostedKind] {
        let announcer = SessionAnnouncer { [weak self] note, owner in
            guard let node = self?.node.withLock({ $0.node }) else { throw SessionProblem.starting }
            _ = try await node.actor(SessionIndex.self, owner).call(note)
        }
        return [
            .journaled(Session.self, performer: announcer, placed: rule), .journaled(SessionIndex.self, placed: rule),
        ]
    }

    /// Keeps sessions on `node`, which hosts ``kinds(placed:)``, from now on.
    package func open(on node: ActorNode) { self.node.withLock { $0.node = node } }

    /// Has `leave` told of each session that is cleared or deleted, before its texts are forgotten: what waits
    /// elsewhere for it is not wanted any more.
    func whenForgotten(_ leave: @escaping @Sendable (SessionKey) async throws(SessionProblem) -> Void) {
        watcher.withLock { $0.leave = leave }
    }

    private func tellForgotten(_ key: SessionKey) async throws(SessionProblem) {
        try await watcher.withLock { $0.leave }?(key)
    }

    /// The session `id` of the caller, for a run that asks in it; it is made where there is none.
    package func thread(_ id: SessionID, _ caller: Caller) async throws(SessionProblem) -> SessionThread {
        let key = key(id, caller)
        return SessionThread(key: key, session: try await made(key), isRedacted: texts.isRedacted)
    }

    // MARK: Actors

    private func key(_ id: SessionID, _ caller: Caller) -> SessionKey { SessionKey(owner: owner(caller), id: id) }

    private func opened() throws(SessionProblem) -> ActorNode {
        guard let node = node.withLock({ $0.node }) else { throw .starting }
        return node
    }

    private func session(_ key: SessionKey) throws(SessionProblem) -> ActorReference<JournaledActor<Session>> {
        let node = try opened()
        do throws(ActorError) { return try node.actor(Session.self, key.text) } catch { throw .lost }
    }

    private func index(of owner: SessionOwner) throws(SessionProblem) -> ActorReference<JournaledActor<SessionIndex>> {
        let node = try opened()
        do throws(ActorError) { return try node.actor(SessionIndex.self, owner.text) } catch { throw .lost }
    }

    /// The session, which is made where there is none: first there must be room for it in the owner's list.
    private func made(_ key: SessionKey) async throws(SessionProblem) -> ActorReference<JournaledActor<Session>> {
        let session = try session(key)
        do throws(CallFailure<SessionRefusal>) {
            _ = try await session.call(Session.Show())
            return session
        } catch {
            guard case .refused(.notFound) = error else { throw SessionProblem(error) }
        }
        let index = try index(of: key.owner)
        do throws(CallFailure<SessionIndex.Refusal>) {
            _ = try await index.call(SessionIndex.Open(key.id))
        } catch {
            switch error {
            case .refused(.tooMany): throw .tooMany
            case .refused(.deleted): throw .deleted
            case .overloaded: throw .busy
            case .failed: throw .lost
            }
        }
        _ = try await asked(session, Session.Create())
        return session
    }

    private func asked<C: Command>(
        _ session: ActorReference<JournaledActor<Session>>,
        _ command: C
    ) async throws(SessionProblem) -> C.Reply where C.Target == Session, C.Refusal == SessionRefusal {
        do throws(CallFailure<SessionRefusal>) { return try await session.call(command) } catch {
            throw SessionProblem(error)
        }
    }
}

// MARK: - The port

extension SessionOffice: SessionPort {
    /// A page of the caller's sessions, as the list knows them.
    package func list(
        _ caller: Caller,
        after cursor: SessionCursor?,
        count: Int
    ) async throws(SessionProblem) -> SessionListPage {
        let owner = owner(caller)
        let index = try index(of: owner)
        let page: SessionListPage
        do throws(CallFailure<NoRefusal>) {
            page = try await index.call(SessionIndex.List(after: cursor, count: count))
        } catch {
            if case .overloaded = error { throw .busy }
            throw .lost
        }
        return try await page.mapTitles { (title, id) throws(SessionProblem) in
            // One whose map is damaged keeps no other from being listed.
            (try? await texts.shown(title, of: SessionKey(owner: owner, id: id))) ?? title
        }
    }

    /// All of a session but its messages.
    package func show(_ id: SessionID, _ caller: Caller) async throws(SessionProblem) -> SessionHead {
        let key = key(id, caller)
        let head = try await asked(try session(key), Session.Show())
        return try await head.mapTexts { (text) throws(SessionProblem) in try await texts.shown(text, of: key) }
    }

    /// A page of its messages.
    package func messages(
        _ id: SessionID,
        after number: UInt64?,
        _ caller: Caller
    ) async throws(SessionProblem) -> SessionPage {
        let key = key(id, caller)
        let page = try await asked(try session(key), Session.Messages(after: number))
        return try await page.mapTexts { (text) throws(SessionProblem) in try await texts.shown(text, of: key) }
    }

    /// Adds a message, and makes the session where there is none.
    package func add(
        _ text: String,
        by role: ChatRole,
        to id: SessionID,
        _ caller: Caller
    ) async throws(SessionProblem) -> UInt64 {
        let key = key(id, caller)
        // What may not be kept makes no session, and of what finds no session nothing is kept.
        let checked = try await texts.checked(text, in: "content", of: key)
        guard checked.utf8.count <= Limits.Sessions.maximumMessageBytes else {
            throw SessionProblem(.refused(.tooLarge))
        }
        let session = try await made(key)
        let kept = try await texts.kept(text, in: "content", of: key)
        return try await asked(session, Session.AddMessage(role: role, text: kept, isRedacted: texts.isRedacted))
    }

    /// Changes the context, and makes the session where there is none.
    package func update(
        _ change: SessionContextChange,
        of id: SessionID,
        _ caller: Caller
    ) async throws(SessionProblem) {
        let key = key(id, caller)
        _ = try await change.mapTexts { (text, field) throws(SessionProblem) in
            try await texts.checked(text, in: field, of: key)
        }
        let session = try await made(key)
        let kept = try await change.mapTexts { (text, field) throws(SessionProblem) in
            try await texts.kept(text, in: field, of: key)
        }
        _ = try await asked(session, Session.UpdateContext(kept))
    }

    /// Prefers a model, or none.
    package func prefer(_ model: String?, in id: SessionID, _ caller: Caller) async throws(SessionProblem) {
        let key = key(id, caller)
        _ = try await asked(try session(key), Session.Show())
        let kept: String? = if let model { try await texts.kept(model, in: "model_preference", of: key) } else { nil }
        _ = try await asked(try session(key), Session.PreferModel(kept))
    }

    /// Forgets what was said, and what is needed to show it; the context stays.
    package func clear(_ id: SessionID, _ caller: Caller) async throws(SessionProblem) {
        let key = key(id, caller)
        let session = try session(key)
        _ = try await asked(session, Session.Clear())
        try await tellForgotten(key)
        // What was said since then, by others, is kept too.
        var kept: [String] = []
        let head = try await asked(session, Session.Show())
        _ = await head.mapTexts { (text) in
            kept.append(text)
            return text
        }
        if let model = head.model { kept.append(model) }
        var last: UInt64?
        repeat {
            let page = try await asked(session, Session.Messages(after: last))
            kept += page.messages.map(\.text)
            last = page.hasMore ? page.messages.last?.number : nil
        } while last != nil
        try await texts.forget(key, except: kept)
    }

    /// Deletes the session, and then what is needed to show its texts.
    package func delete(_ id: SessionID, _ caller: Caller) async throws(SessionProblem) {
        let key = key(id, caller)
        let session = try session(key)
        do throws(SessionProblem) {
            _ = try await asked(session, Session.Show())
        } catch {
            // It may have been deleted by a call that did not come as far as to forget.
            if error == .deleted {
                try await tellForgotten(key)
                try await texts.forget(key)
            }
            throw error
        }
        do throws(CallFailure<NoRefusal>) { _ = try await session.call(Session.Delete()) } catch {
            if case .overloaded = error { throw .busy }
            throw .lost
        }
        try await tellForgotten(key)
        try await texts.forget(key)
    }
}

extension SessionProblem {
    /// What a failed call to a session is to whoever asked.
    init(_ failure: CallFailure<SessionRefusal>) {
        switch failure {
        case .refused(.notFound): self = .notFound
        case .refused(.deleted): self = .deleted
        case .refused(.tooLarge): self = .tooLarge("this is longer than a session keeps of one message or context")
        case .refused(.empty): self = .tooLarge("a message, or a model's name, has one character at least")
        // A run that asks or answers otherwise than before: those who run look at the refusal themselves.
        case .refused(.conflict), .refused(.noQuestion): self = .unavailable("the run has been answered already")
        case .overloaded: self = .busy
        case .failed: self = .lost
        }
    }

    static let starting = SessionProblem.unavailable("the node is starting: try again in a moment")
    static let busy = SessionProblem.unavailable("the node has too much to do: try again in a moment")
    static let lost = SessionProblem.unavailable("the journal does not answer, and it may be done all the same")
}
