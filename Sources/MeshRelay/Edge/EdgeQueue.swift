package import MeshActors
internal import MeshChat
package import MeshCore
internal import MeshEscalation
internal import MeshGateway
internal import MeshIdentity
internal import MeshPrivacy
internal import MeshSessions
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
    /// Raised whenever there may be something to ask.
    private let news = Signal()

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
    }

    /// The actor that an edge hosts for it.
    package static var kind: HostedKind { .journaled(AskQueue.self, placed: .edges) }

    // MARK: For applications

    /// Lets `ask` wait, whose session has its question; the same again is the same question.
    func enqueue(
        _ ask: RelayAsk,
        as run: UniqueID,
        in session: SessionID?
    ) async throws(EscalationFailure) -> AskStanding {
        let standing = try await told(AskQueue.Enqueue(run: run, ask: ask, session: session))
        news.raise()
        return standing.state == .waiting ? .waiting : .asked
    }

    /// How the question of `run` stands; its answer is given out once.
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
        if standing.session == nil { try? await desk.parts.maps.forget(conversation, of: desk.parts.tenant) }
        if let code = answer.failure {
            var failure = EscalationFailure(code, answer.message ?? "the question has no answer")
            failure.credit = answer.credit
            return .failed(failure)
        }
        let (text, tally) = Restorer.restore(answer.text, with: map)
        let reply = ChatReply(
            start: ChatStart(id: run.description, model: answer.model ?? "unknown"),
            parts: [ChatPart(.text(text))],
            stopReason: answer.isCut ? .maximumTokens : .endOfTurn,
            usage: answer.usage ?? ChatUsage(isEstimated: true)
        )
        let note = PrivacyNote(found: RedactionReport(), restored: tally)
        return .answered(reply, run: run, cost: answer.cost, charge: answer.charge, privacy: note)
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
            while !Task.isCancelled {
                do throws(CancellationError) { try await waitForHub() } catch { return }
                if let run = await next() {
                    group.addTask { await self.answer(run) }
                } else {
                    // What is left by a failure of the journal is found again without news.
                    await news.wait(until: desk.clock.now + Limits.AskQueue.retryAfter, on: desk.clock)
                }
            }
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
        guard let (ask, session) = await question(of: run, in: queue) else { return }
        var builder = QueuedAnswerBuilder()
        let answer: TunnelAnswer
        do throws(EscalationFailure) {
            answer = try desk.tunnelAnswer(to: ask, as: run, isFetchedAgain: true)
            while !builder.isWhole, let piece = try await answer.next() { builder.take(piece) }
        } catch {
            if Task.isCancelled { return }
            // What passes is waited for: no hub, or one that has no room or no model yet, or somebody who asks it now.
            let passes = error.code == .offline || error.code == .interrupted || error.retryAfter != nil
            if !error.hasBegun, passes || error.code == .conflict {
                await note(AskQueue.PutBack(run: run), in: queue)
            } else {
                await note(AskQueue.Answer(run: run, QueuedAnswer(error, text: builder.text)), in: queue)
            }
            return
        }
        let whole = builder.answer(model: answer.choice?.model)
        if let session { await keep(whole, of: run, in: session) }
        if let usage = whole.usage, let model = whole.model {
            desk.parts.tally.note(usage, of: model, tenant: desk.parts.tenant, cost: whole.cost)
        }
        await note(AskQueue.Answer(run: run, whole), in: queue)
        await answer.taken()
    }

    /// Notes what has become of a question, as often as it takes: else it would count as asked for the rest of this
    /// life.
    private func note<C: Command>(_ command: C, in queue: ActorReference<JournaledActor<AskQueue>>) async
    where C.Target == AskQueue, C.Refusal == NoRefusal {
        while !Task.isCancelled {
            if (try? await queue.call(command)) != nil { return }
            try? await desk.clock.sleep(for: Self.pause)
        }
    }

    /// The question as it travels, and the session that has it.
    private func question(
        of run: UniqueID,
        in queue: ActorReference<JournaledActor<AskQueue>>
    ) async -> (RelayAsk, SessionID?)? {
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
            await note(AskQueue.PutBack(run: run), in: queue)
            return nil
        }
        do throws(WireError) { return (try RelayAsk(wireBytes: bytes), standing.session) } catch {
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
        try? await keeper.keep(model: answer.model ?? "unknown", usage: usage)
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

    func answer(model chosen: String?) -> QueuedAnswer {
        QueuedAnswer(
            text: text,
            model: chosen ?? model,
            usage: end?.usage ?? ChatUsage(isEstimated: true),
            cost: end?.cost,
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
