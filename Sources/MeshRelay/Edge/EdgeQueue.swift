package import MeshActors
internal import MeshChat
package import MeshCore
internal import MeshEscalation
internal import MeshGateway
internal import MeshIdentity
internal import MeshPrivacy
internal import MeshSessions
internal import MeshTunnel
internal import MeshWire

/// Questions that wait on an edge until there is a hub, and what becomes of them: drives the ``AskQueue``.
///
/// Each is asked under its own run in every life of the edge, so that the hub's account sees one.
package final class EdgeQueue: Sendable {
    private let desk: EdgeDesk
    private let sessions: SessionOffice
    private let node: ActorNode
    private let key: String
    private let life: UniqueID
    private let waitForHub: @Sendable () async throws(CancellationError) -> Void
    /// Raised whenever there may be something to ask, or to forget.
    private let news = Signal()
    private let state = Lock(State())

    private struct State {
        /// Those that are asked now, and in which session.
        var asked: [UniqueID: (answer: TunnelAnswer, session: SessionID?)] = [:]
        /// When those that were put back in this life may be asked again.
        var due: [UniqueID: Instant] = [:]
        /// Runs whose placeholders are in use by so many who hand their question in; -1 while they are forgotten.
        var handingIn: [UniqueID: Int] = [:]
    }

    /// The queue of `owner` on `node`, which hosts ``kind``, in this `life` of the edge; `waitForHub` returns when
    /// there is a hub to ask.
    package init(
        _ desk: EdgeDesk,
        sessions: SessionOffice,
        on node: ActorNode,
        owner: String,
        life: UniqueID,
        waitForHub: @escaping @Sendable () async throws(CancellationError) -> Void
    ) {
        self.desk = desk
        self.sessions = sessions
        self.node = node
        key = owner
        self.life = life
        self.waitForHub = waitForHub
        sessions.whenForgotten { [weak self] session throws(SessionProblem) in try await self?.leave(session) }
    }

    /// The actor that an edge hosts for it.
    package static var kind: HostedKind { .journaled(AskQueue.self, placed: .edges) }

    // MARK: For applications

    /// Hands a question in that `body` redacts under `run` and lets wait: nobody forgets its placeholders meanwhile.
    func handIn<Value: Sendable>(
        _ run: UniqueID,
        _ body: () async throws(EscalationFailure) -> Value
    ) async throws(EscalationFailure) -> Value {
        let isFree = state.withLock { state in
            let count = state.handingIn[run, default: 0]
            if count >= 0 { state.handingIn[run] = count + 1 }
            return count >= 0
        }
        guard isFree else {
            let words = "an earlier request of this id is being forgotten"
            throw EscalationFailure(.conflict, words, field: "request_id", retryAfter: Self.pause)
        }
        defer {
            state.withLock { state in
                let count = state.handingIn[run, default: 1] - 1
                state.handingIn[run] = count > 0 ? count : nil
            }
        }
        return try await body()
    }

    /// Lets `ask` wait, whose session has its question; the same again, as `digest` says, is the same question.
    func enqueue(
        _ ask: RelayAsk,
        as run: UniqueID,
        digest: SHA256Digest,
        in session: SessionID?
    ) async throws(EscalationFailure) -> AskStanding {
        let standing = try await told(AskQueue.Enqueue(run: run, ask: ask, digest: digest, session: session))
        news.raise()
        return standing.state == .waiting ? .waiting : .asked
    }

    /// How the question of `run` stands; its answer is given out for a few minutes, and then forgotten.
    func standing(of run: UniqueID) async throws(EscalationFailure) -> AskStanding {
        let standing: QueuedStanding
        do throws(CallFailure<AskQueue.Refusal>) { standing = try await queue().call(AskQueue.Look(run: run)) } catch {
            if case .refused(.notFound) = error { return .unknown }
            throw EscalationFailure(error)
        }
        switch standing.state {
        case .waiting: return .waiting
        case .asked: return .asked
        case .answered: break
        }
        let conversation = standing.session.map { Conversation.session($0) } ?? .run(run)
        let map: PlaceholderMap
        do throws(ChatError) { map = try await desk.parts.maps.map(of: conversation, of: desk.parts.tenant) } catch {
            throw EscalationFailure(error)
        }
        let answer = try await told(AskQueue.Fetch(run: run))
        if let code = answer.failure {
            var failure = EscalationFailure(code, answer.message ?? "the question has no answer")
            failure.credit = answer.credit
            return .failed(failure)
        }
        let (text, tally, isWhole) = Restorer.restore(bounded: answer.text, with: map)
        let usage = answer.usage ?? ChatUsage(isEstimated: true)
        var kept = KeptAnswer(run: run, model: answer.model ?? "unknown", text: text, usage: usage)
        (kept.isCut, kept.stopReason, kept.leftOut) = (answer.isCut || !isWhole, answer.stopReason, answer.leftOut)
        (kept.cost, kept.charge) = (answer.cost, answer.charge)
        kept.privacy = PrivacyNote(found: RedactionReport(), restored: tally)
        return .answered(kept)
    }

    /// Whether the question of `run` waits, or its answer.
    func knows(_ run: UniqueID) async throws(EscalationFailure) -> Bool {
        do throws(CallFailure<AskQueue.Refusal>) { _ = try await queue().call(AskQueue.Look(run: run)) } catch {
            if case .refused(.notFound) = error { return false }
            throw EscalationFailure(error)
        }
        return true
    }

    /// Forgets the question of `run`, which nobody has asked, or its answer, which was fetched; false where there is
    /// none.
    func drop(_ run: UniqueID) async throws(EscalationFailure) -> Bool {
        let standing: QueuedStanding
        do throws(CallFailure<AskQueue.Refusal>) { standing = try await queue().call(AskQueue.Drop(run: run)) } catch {
            if case .refused(.notFound) = error { return false }
            throw EscalationFailure(error)
        }
        if standing.session == nil { await forget(run) }
        return true
    }

    /// Whoever asks at once has the answer to the question of `run`: it waits no longer, and is not asked again.
    func release(_ run: UniqueID, deadline: Instant) async {
        let release = AskQueue.Release(run: run)
        if (try? await queue().call(release, deadline: deadline)) == true { await forget(run) }
    }

    /// The session is deleted or cleared: nothing of it is asked, or kept, any more.
    private func leave(_ session: SessionKey) async throws(SessionProblem) {
        guard session.owner.text == key else { return }
        do throws(CallFailure<NoRefusal>) {
            let queue: ActorReference<JournaledActor<AskQueue>>
            do throws(ActorError) { queue = try node.actor(AskQueue.self, key) } catch { throw .failed(error) }
            _ = try await queue.call(AskQueue.LeaveSession(session.id))
        } catch {
            if case .overloaded = error { throw .busy }
            throw .lost
        }
        let asked = state.withLock { $0.asked.values.filter { $0.session == session.id } }
        for (answer, _) in asked { answer.cancel() }
    }

    // MARK: Forgetting

    /// Forgets the placeholders of a run that has left, unless somebody hands it in again.
    private func forget(_ run: UniqueID) async {
        let isFree = state.withLock { state in
            guard state.handingIn[run] == nil else { return false }
            state.handingIn[run] = -1
            return true
        }
        guard isFree else { return }
        defer { state.withLock { $0.handingIn[run] = nil } }
        // It may have been handed in again between the two.
        guard (try? await knows(run)) == false else { return }
        do throws(ChatError) { try await desk.parts.maps.forget(.run(run), of: desk.parts.tenant) } catch { return }
        _ = try? await queue().call(AskQueue.Forgot(run: run))
    }

    /// Forgets the placeholders of all that has left; what cannot be forgotten now is, later.
    private func forgetGone() async {
        var last: UniqueID?
        for _ in 0..<Limits.AskQueue.maximumGone {
            let next = AskQueue.NextGone(after: last)
            guard let queue = try? queue(), let run = try? await queue.call(next) else { return }
            await forget(run)
            last = run
        }
    }

    private func told<C: Command>(_ command: C) async throws(EscalationFailure) -> C.Reply
    where C.Target == AskQueue, C.Refusal == AskQueue.Refusal {
        do throws(CallFailure<AskQueue.Refusal>) { return try await queue().call(command) } catch {
            throw EscalationFailure(error)
        }
    }

    private func queue() throws(CallFailure<AskQueue.Refusal>) -> ActorReference<JournaledActor<AskQueue>> {
        do throws(ActorError) { return try node.actor(AskQueue.self, key) } catch { throw .failed(error) }
    }

    /// Before a journal that has failed is told again.
    private static let pause = Duration.seconds(1)

    // MARK: Asking

    /// Has what waits answered whenever there is a hub, until the calling task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.forgetAsTimePasses() }
            while !Task.isCancelled {
                do throws(CancellationError) { try await waitForHub() } catch { return }
                guard desk.parts.opener.isConnected else {
                    // A tunnel that has failed for good is waited for in vain: that is no hub.
                    try? await desk.clock.sleep(for: Self.pause)
                    continue
                }
                if let run = await next() {
                    group.addTask { await self.answer(run) }
                } else {
                    // What is left by a failure of the journal is found again without news.
                    let now = desk.clock.now
                    let usual = now + Limits.AskQueue.retryAfter
                    let due = state.withLock { state in
                        state.due = state.due.filter { now < $0.value }
                        return state.due.values.min()
                    }
                    await news.wait(until: min(due ?? usual, usual), on: desk.clock)
                }
            }
        }
    }

    private func forgetAsTimePasses() async {
        while !Task.isCancelled {
            await forgetGone()
            try? await desk.clock.sleep(for: Limits.AskQueue.retryAfter)
        }
    }

    private func next() async -> UniqueID? {
        do throws(CallFailure<AskQueue.Refusal>) {
            let queue = try queue()
            return try? await queue.call(AskQueue.TakeNext(life: life))
        } catch {
            return nil
        }
    }

    private func answer(_ run: UniqueID) async {
        defer { news.raise() }
        guard let queue = try? queue() else { return }
        guard let (ask, standing) = await question(of: run, in: queue) else { return }
        let answer: TunnelAnswer
        do throws(EscalationFailure) {
            answer = try desk.tunnelAnswer(to: ask, as: run, digest: standing.digest, isFetchedAgain: true)
        } catch {
            // Somebody asks it at once now, and has its answer then, or has not.
            return await putBack(run, .busy, in: queue)
        }
        state.withLock { $0.asked[run] = (answer, standing.session) }
        defer { state.withLock { $0.asked[run] = nil } }
        var builder = QueuedAnswerBuilder()
        do throws(EscalationFailure) {
            while !builder.isWhole, let piece = try await answer.next() { builder.take(piece) }
        } catch {
            if Task.isCancelled { return }
            if let obstacle = Self.obstacle(error) {
                await putBack(run, obstacle, retryAfter: error.retryAfter, in: queue)
            } else {
                await note(AskQueue.Answer(run: run, QueuedAnswer(error, text: builder.text)), in: queue)
            }
            return
        }
        let whole = builder.answer(by: answer.choice)
        if let session = standing.session { await keep(whole, of: run, in: session) }
        if let usage = whole.usage, let model = whole.model {
            desk.parts.tally.note(usage, of: model, tenant: desk.parts.tenant, cost: whole.cost)
        }
        await note(AskQueue.Answer(run: run, whole), in: queue)
        await answer.taken()
    }

    /// What a question waits for that has failed so; nil where waiting does not help, or it has begun.
    private static func obstacle(_ failure: EscalationFailure) -> AskQueue.Obstacle? {
        if failure.hasBegun { return nil }
        if failure.code == .offline { return .noHub }
        if failure.retryAfter != nil { return .busy }
        switch failure.code {
        // Whoever asked it at once has left: their leaving is not this question's.
        case .interrupted, .conflict, .cancelled: return .broken
        default: return nil
        }
    }

    private func putBack(
        _ run: UniqueID,
        _ obstacle: AskQueue.Obstacle,
        retryAfter: Duration? = nil,
        in queue: ActorReference<JournaledActor<AskQueue>>
    ) async {
        let pause = await note(AskQueue.PutBack(run: run, obstacle, retryAfter: retryAfter), in: queue)
        guard let pause = pause ?? nil else { return }
        // A little later than the queue says, whose time has no parts of a millisecond.
        let due = desk.clock.now + .milliseconds(Int64(clamping: pause) + 2)
        state.withLock { $0.due[run] = due }
    }

    /// Notes what has become of a question, as often as it takes: else it would count as asked for the rest of this
    /// life.
    @discardableResult
    private func note<C: Command>(
        _ command: C,
        in queue: ActorReference<JournaledActor<AskQueue>>
    ) async -> C.Reply? where C.Target == AskQueue, C.Refusal == NoRefusal {
        while !Task.isCancelled {
            do { return try await queue.call(command) } catch {}
            try? await desk.clock.sleep(for: Self.pause)
        }
        return nil
    }

    /// The question as it travels, and how it stands.
    private func question(
        of run: UniqueID,
        in queue: ActorReference<JournaledActor<AskQueue>>
    ) async -> (RelayAsk, QueuedStanding)? {
        var bytes: [UInt8] = []
        let standing: QueuedStanding
        do throws(CallFailure<AskQueue.Refusal>) {
            standing = try await queue.call(AskQueue.Look(run: run))
            while true {
                let piece = try await queue.call(AskQueue.Words(run: run, from: bytes.count))
                guard !piece.bytes.isEmpty else { break }
                bytes += piece.bytes
            }
        } catch {
            // One that has left wants nothing; one that cannot be read now is asked later.
            if case .refused = error { return nil }
            await putBack(run, .busy, in: queue)
            return nil
        }
        do throws(WireError) { return (try RelayAsk(wireBytes: bytes), standing) } catch {
            // What this version cannot read no later one was written by: whoever asked is told.
            let failure = EscalationFailure(.malformed, "the question that waited cannot be read any more")
            await note(AskQueue.Answer(run: run, QueuedAnswer(failure)), in: queue)
            return nil
        }
    }

    /// A session that was deleted or cleared meanwhile wants no answer, and one that cannot be reached has lost it; it
    /// is fetched from the queue all the same.
    private func keep(_ answer: QueuedAnswer, of run: UniqueID, in session: SessionID) async {
        let caller = Caller(tenant: desk.parts.tenant, key: nil, scopes: [.chat], requestsPerMinute: nil)
        guard let thread = try? await sessions.thread(session, caller), let usage = answer.usage else { return }
        let keeper = AnswerKeeper(thread, run: run, deadline: desk.clock.now + Limits.Escalation.settlePatience)
        keeper.take(answer.text)
        try? await keeper.keep(model: answer.model ?? "unknown", usage: usage, stopReason: answer.stopReason)
    }
}

/// Puts an answer together that nobody waits for.
private struct QueuedAnswerBuilder {
    /// What was said, a little more than is kept, so that it is seen to be cut.
    private(set) var text = ""
    private var model = "unknown"
    private var end: AnswerEnd?

    mutating func take(_ piece: TunnelAnswer.Piece) {
        switch piece {
        case .event(.started(let start)): model = start.model
        case .event(.text(let words)):
            if text.utf8.count <= Limits.AskQueue.maximumAnswerBytes { text += words }
        case .event: break
        case .end(let end): self.end = end
        }
    }

    /// Whether its end has come.
    var isWhole: Bool { end != nil }

    func answer(by choice: AnswerChoice?) -> QueuedAnswer {
        QueuedAnswer(
            text: text,
            model: choice?.model ?? model,
            usage: end?.usage ?? ChatUsage(isEstimated: true),
            cost: end?.cost,
            stopReason: end?.reason,
            leftOut: choice?.leftOut,
            charge: end?.charge
        )
    }
}

extension EscalationFailure {
    /// Why a question cannot wait, or its answer cannot be had.
    init(_ failure: CallFailure<AskQueue.Refusal>) {
        switch failure {
        case .refused(.full):
            self.init(.queueFull, "so many questions wait for a hub already", retryAfter: Limits.AskQueue.retryAfter)
        case .refused(.conflict):
            self.init(.conflict, "request_id was used for another question", field: "request_id")
        case .refused(.tooLarge):
            let limit = Limits.AskQueue.maximumQuestionBytes
            self.init(.invalidField, "a question that waits has at most \(limit) bytes", field: "query")
        case .refused(.asked):
            let words = "the question is being asked, or has its answer: fetch it"
            self.init(.conflict, words, field: "request_id")
        case .refused(.notFound), .refused(.notAnswered):
            self.init(.conflict, "the answer was fetched by somebody else", field: "request_id")
        case .overloaded(let retryAfter):
            self.init(.unavailable, "the edge has too much to do", retryAfter: retryAfter)
        case .failed:
            let words = "the edge's journal does not answer, and it may be done all the same"
            self.init(.unavailable, words, retryAfter: .seconds(1))
        }
    }
}
