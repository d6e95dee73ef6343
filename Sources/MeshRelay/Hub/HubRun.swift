internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshEscalation
internal import MeshGateway
internal import MeshIdentity
internal import MeshTunnel
internal import MeshWire

/// One answer of a hub: drives its machine between whoever answers and the stream on which it is said.
///
/// Three may touch it at once: the task that asks, the newest stream's, and the office's timer; each change is made
/// under one lock, and what it asks for is done behind it.
final class HubRun: Sendable {
    private struct State: ~Copyable {
        var machine: EscalationStateMachine
        /// Whoever answers, once a word is there.
        var answer: (any ChatRun)?
        /// The newest stream.
        var stream: Served?
        var streams: UInt64 = 0
    }

    /// A stream that is served, and what wakes who writes on it.
    private struct Served {
        let number: UInt64
        let channel: any ByteChannel
        let more: Signal
    }

    private let name: RunName
    /// What whoever answers is asked; forgotten once it is.
    private let chat: Lock<ChatRequest?>
    private let trace: TraceContext?
    private let tenant: TenantID
    private let deadline: Instant
    private let clock: any Clock
    private let state: Lock<State>
    private let record: RunRecord
    private let forget: @Sendable () -> Void
    /// Wakes the one who asks: there is room again, or nobody wants the answer.
    private let changed = Signal()
    /// Opens when nobody wants an answer that has not begun.
    private let forsaken = OneShot<Bool>()

    init(
        _ name: RunName,
        _ ask: RelayAsk,
        _ chat: ChatRequest,
        timeLeft: Duration?,
        trace: TraceContext?,
        tenant: TenantID,
        record: RunRecord,
        answer: UInt64,
        configuration: EscalationConfiguration,
        clock: any Clock,
        now: Instant,
        forget: @escaping @Sendable () -> Void
    ) {
        self.name = name
        self.chat = Lock(chat)
        self.trace = trace
        self.tenant = tenant
        self.record = record
        self.clock = clock
        self.forget = forget
        deadline = now + min(timeLeft ?? configuration.patience, Limits.Escalation.longestPatience)
        let machine = EscalationStateMachine(
            question: ask.digest,
            answer: answer,
            promptTokens: TokenEstimate.likely(of: chat),
            timeLeft: timeLeft,
            configuration: configuration,
            now: now
        )
        state = Lock(State(machine: machine))
    }

    // MARK: The answer

    /// Has `chats` answer, and takes down what it says while there is room for it.
    func answer(by chats: any ChatPort) async {
        let run: any ChatRun
        do throws(ChatError) {
            run = try await begin(chats)
        } catch {
            if endsWithHub { stop() }
            let failure = EscalationFailure(error)
            record.refused(error.code)
            return change { $0.machine.refused(failure, now: clock.now) }
        }
        record.begin(run)
        change { state in
            state.answer = run
            let choice = AnswerChoice(model: run.model, engine: run.engine, reason: run.reason, dropped: run.dropped)
            return state.machine.reserved(choice, now: clock.now)
        }
        await takeDown(run)
    }

    /// The call goes by the run's number, so that what is asked anew meets what was set aside for it.
    private func begin(_ chats: any ChatPort) async throws(ChatError) -> any ChatRun {
        let caller = Caller(tenant: tenant, key: nil, scopes: [.chat], requestsPerMinute: nil)
        guard let request = chat.withLock({ $0.take() }) else {
            throw ChatError(.conflict, "the run has been asked already")
        }
        let call = ChatCall(id: name.run, caller: caller, request: request, deadline: deadline)
        let outcome = await withTaskGroup(of: Result<any ChatRun, ChatError>?.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                await TraceContext.$current.withValue(self.trace) {
                    do throws(ChatError) { return .success(try await chats.begin(call)) } catch {
                        return .failure(error)
                    }
                }
            }
            group.addTask { [forsaken] in
                _ = try? await forsaken.wait()
                return nil
            }
            if let first = await group.next(), let first { return first }
            group.cancelAll()
            // What has begun all the same is settled by whoever began it, once it is let go.
            return .failure(ChatError(.cancelled, "nobody wants the answer"))
        }
        return try outcome.get()
    }

    private func takeDown(_ run: any ChatRun) async {
        while state.withLock({ $0.machine.phase == .running }) {
            guard state.withLock({ $0.machine.wantsEvents }) else {
                if Task.isCancelled { return stop() }
                await changed.wait()
                continue
            }
            do throws(ChatError) {
                guard let event = try await run.next() else {
                    throw ChatError(.upstreamFailed, "the answer breaks off")
                }
                change { $0.machine.eventArrived(event, now: clock.now) }
            } catch {
                if endsWithHub { return stop() }
                let failure = EscalationFailure(error)
                change { $0.machine.answerFailed(failure, now: clock.now) }
            }
        }
    }

    /// Whether whoever asks is cancelled because the hub ends, and not because anybody has left.
    private var endsWithHub: Bool {
        #if PLANTED_BUGS
        if PlantedBug.stopIsLeaving.isOn { return false }
        #endif
        return Task.isCancelled
    }

    /// The hub ends before anybody was asked.
    func refuse() {
        stop()
        let failure = EscalationFailure(.unavailable, "the hub is being stopped")
        change { $0.machine.refused(failure, now: clock.now) }
    }

    /// The hub ends.
    func stop() {
        let failure = EscalationFailure(.unavailable, "the hub is being stopped")
        change { $0.machine.cancelled(failure, now: clock.now) }
    }

    /// The clock has come to `now`.
    func deadlineReached(now: Instant) { change { $0.machine.deadlineReached(now: now) } }

    // MARK: Streams

    /// Says the answer on `channel` from where the edge is, and hears how far it has it.
    func serve(_ channel: any ByteChannel, _ opening: RelayOpening) async throws {
        let served = try attach(channel, opening)
        await withDiscardingTaskGroup { group in
            group.addTask { await self.write(served) }
            await read(served)
            served.more.raise()
            group.cancelAll()
        }
        #if PLANTED_BUGS
        if PlantedBug.forgetDetach.isOn { return }
        #endif
        change { state in
            state.machine.streamOver(served.number, now: clock.now)
            if state.stream?.number == served.number { state.stream = nil }
            return .none
        }
    }

    private func attach(_ channel: any ByteChannel, _ opening: RelayOpening) throws(ErrorFrame) -> Served {
        let (served, former) = try state.withLock { (state) throws(ErrorFrame) -> (Served, Served?) in
            let number = state.streams + 1
            let action = state.machine.attached(
                number,
                offset: opening.offset,
                answer: opening.answer,
                question: opening.ask?.digest,
                now: clock.now
            )
            switch action {
            case .refuse(let code): throw ErrorFrame(code: code, message: Self.words(for: code))
            case .begin:
                state.streams = number
                let served = Served(number: number, channel: channel, more: Signal())
                defer { state.stream = served }
                return (served, state.stream)
            }
        }
        former?.channel.letGo()
        former?.more.raise()
        return served
    }

    private static func words(for code: PeerErrorCode) -> String {
        switch code {
        case .conflict: "the run has another question"
        case .notFound: "there is no such run here"
        default: "the answer cannot be gone on with from there"
        }
    }

    private func write(_ served: Served) async {
        while !Task.isCancelled {
            guard let output = nextOutput(for: served) else {
                guard state.withLock({ $0.stream?.number == served.number }) else { return }
                await served.more.wait()
                continue
            }
            do throws(TransportError) {
                switch output {
                case .chunk(let chunk):
                    try await served.channel.write(chunk.bytes)
                case .end: return try await served.channel.finish()
                }
            } catch {
                return  // whoever reads learns why
            }
        }
    }

    /// Only the newest stream says anything.
    private func nextOutput(for served: Served) -> EscalationStateMachine.Output? {
        state.withLock { $0.stream?.number == served.number ? $0.machine.nextOutput() : nil }
    }

    private func read(_ served: Served) async {
        var receipts = ReceiptDecoder()
        while true {
            do {
                guard let bytes = try await served.channel.read() else { return }
                guard let offset = try receipts.take(bytes) else { continue }
                change { $0.machine.acknowledged(served.number, offset: offset, now: clock.now) }
            } catch let error as TransportError {
                guard error.cause is PeerCancelled else { return }
                return change { state in
                    // Of a stream before the newest nobody is asked any more.
                    guard state.stream?.number == served.number else { return .none }
                    return state.machine.cancelled(now: clock.now)
                }
            } catch {
                return served.channel.letGo()
            }
        }
    }

    // MARK: Changes

    /// Makes a change, does what it asks for, and wakes whoever may go on now.
    private func change(_ body: (inout State) -> EscalationStateMachine.Action) {
        let (action, answer, isForsaken) = state.withLock { state in
            let action = body(&state)
            return (action, state.answer, state.machine.phase == .forsaken)
        }
        if isForsaken { forsaken.open(true) }
        switch action {
        case .none, .ask: break
        case .settle(let settlement):
            record.end(settlement)
            // Whoever answers settles by itself when it is stopped, and has settled what it has ended.
            answer?.cancel()
            let (usage, cost, charge) = (answer?.usageSoFar, answer?.costSoFar, answer?.charge)
            state.withLock { _ = $0.machine.settled(usage: usage, cost: cost, charge: charge, now: clock.now) }
        case .release:
            answer?.cancel()
            forget()
        }
        changed.raise()
        // The newest as it is now: it may have come since, and found that there was nothing to say yet.
        state.withLock { $0.stream?.more }?.raise()
    }
}

extension EscalatedAsk {
    /// What whoever answers is asked.
    var chat: ChatRequest {
        switch self {
        case .question(let question): EscalationPrompt(question, model: ModelDirectory.automatic).request
        case .chat(let chat): chat.request
        }
    }
}
