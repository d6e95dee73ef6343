internal import MeshActors
package import MeshCore

/// Where every chat of a node is taken in: who may ask, who answers, what is set aside, and what is settled.
///
///     slot of the key ─▶ route ─▶ reserve ─▶ call ─▶ answer ─▶ settle or void, once
///
/// Callable from any task. ``run()`` settles what was let go; ``drain(patience:)`` first to leave in good order.
package final class ChatDesk: Sendable {
    private struct State {
        var directory: ModelDirectory
        var isOpen = true
        /// Whether all models are there that will be.
        var isComplete: Bool
        var limiter = CallerLimiter()
        /// Calls that are not settled yet.
        var calls: [UniqueID: AdmittedCall] = [:]
        var counts = Counts()
        /// Settlements that failed and are tried again at their time; no more than there are calls.
        var retries: [(due: Instant, settlement: AdmittedCall.Settlement)] = []
        /// Whether nobody tries anything again.
        var hasEnded = false
    }

    /// What became of the accounts of calls.
    package struct Counts: Hashable, Sendable {
        /// Calls that were booked.
        package fileprivate(set) var settled = UInt64(0)
        /// Calls that came to nothing.
        package fileprivate(set) var voided = UInt64(0)
        /// Attempts that failed.
        package fileprivate(set) var failures = UInt64(0)
        /// Calls that were given up.
        package fileprivate(set) var givenUp = UInt64(0)
    }

    private let state: Lock<State>
    private let caller: ChatCaller
    private let admission: any AdmissionPort
    private let observer: any ChatObserver
    private let clock: any Clock
    private let queue = Intake<AdmittedCall.Settlement>(capacity: Limits.Chat.maximumCalls)
    /// Raised whenever a call is settled.
    private let settledOne = Signal()
    /// Raised whenever a settlement is to be tried again.
    private let failedOne = Signal()
    /// Opens when all models are there that will be.
    private let completed = OneShot<Bool>()

    /// A desk that asks `caller` for what is in `directory`, and `admission` whether it may.
    ///
    /// Where it is not complete, calls for models that are not there wait for ``use(_:isComplete:)``.
    package init(
        _ caller: ChatCaller,
        directory: ModelDirectory,
        isComplete: Bool = true,
        admission: any AdmissionPort,
        observer: any ChatObserver = NoObserver(),
        clock: any Clock
    ) {
        self.caller = caller
        self.admission = admission
        self.observer = observer
        self.clock = clock
        state = Lock(State(directory: directory, isComplete: isComplete))
    }

    // MARK: Models

    /// Other models can be asked from now on; `isComplete` where no more will come.
    package func use(_ directory: ModelDirectory, isComplete: Bool) {
        state.withLock { state in
            state.directory = directory
            if isComplete { state.isComplete = true }
        }
        if isComplete { completed.open(true) }
    }

    /// What a call of the model called `name` costs at `time`; nil where nobody knows.
    package func price(of name: String, at time: WallTime) -> ModelPrice? {
        state.withLock { $0.directory }.price(of: name, at: time)
    }

    /// The models that can be asked now, after a bounded wait for those that are being loaded.
    package func models() async -> [ModelDescription] {
        await waitForModels()
        return state.withLock { $0.directory }.models(at: clock.wallTime)
    }

    /// The model called `name`, or what that is another name of.
    package func model(named name: String) async -> ModelDescription? {
        if let known = state.withLock({ $0.directory }).model(named: name, at: clock.wallTime) { return known }
        await waitForModels()
        return state.withLock { $0.directory }.model(named: name, at: clock.wallTime)
    }

    /// False where that was in vain.
    @discardableResult
    private func waitForModels() async -> Bool {
        if state.withLock({ $0.isComplete }) { return true }
        return await withTaskGroup(of: Bool.self) { [completed, clock] group in
            group.addTask { (try? await completed.wait()) ?? false }
            group.addTask {
                try? await clock.sleep(for: Limits.Chat.modelPatience)
                return false
            }
            let isThere = await group.next() ?? false
            group.cancelAll()
            return isThere
        }
    }

    // MARK: Calls

    /// Begins an answer: everything that can be refused is refused here.
    ///
    /// Cancelling the task stops it at once.
    package func begin(_ ask: DeskCall) async throws(ChatError) -> AdmittedAnswer {
        let call = AdmittedCall(ask, began: clock.now, trace: TraceContext.current)
        do throws(ChatError) {
            try enter(call)
        } catch {
            observer.callEnded(call.record(refusedBy: error.code, now: clock.now))
            throw error
        }
        let slot: CallerLimiter.Taken?
        let route: ModelRoute
        do throws(ChatError) {
            slot = try takeSlot(for: ask)
            route = try await admit(call, slot)
        } catch {
            let record = call.record(refusedBy: error.code, now: clock.now)
            observer.callEnded(record)
            if error.failure?.mayBeHeld != true || !voidSoon(call, record) { forget(call) }
            throw error
        }
        return try await answer(call, along: route, slot)
    }

    private func enter(_ call: AdmittedCall) throws(ChatError) {
        try state.withLock { (state) throws(ChatError) in
            guard state.isOpen else { throw Self.stopping }
            guard state.calls.count < Limits.Chat.maximumCalls else {
                let failure = ChatFailure(retryAfter: .seconds(1))
                throw ChatError(.overloaded, "as many calls are under way as may be", cause: failure)
            }
            guard state.calls[call.ask.id] == nil else {
                throw ChatError(.conflict, "a call with this id is under way")
            }
            state.calls[call.ask.id] = call
        }
    }

    private func takeSlot(for ask: DeskCall) throws(ChatError) -> CallerLimiter.Taken? {
        let now = clock.now
        let action = state.withLock { state in
            state.limiter.take(tenant: ask.tenant, key: ask.key, perMinute: ask.requestsPerMinute, now: now)
        }
        switch action {
        case .unlimited: return nil
        case .taken(let slot): return slot
        case .wait(let allowance):
            var failure = ChatFailure(retryAfter: allowance.reset)
            failure.allowance = allowance
            throw ChatError(.rateLimited, "this key has asked as often as it may", cause: failure)
        }
    }

    /// Finds who can answer, and has the worst case set aside; a refusal gives the slot back.
    private func admit(_ call: AdmittedCall, _ slot: CallerLimiter.Taken?) async throws(ChatError) -> ModelRoute {
        do throws(ChatError) {
            let request = call.ask.request
            let route = try await route(of: request)
            let ask = Self.worst(of: call.ask, route)
            call.routed(to: ask)
            let hold = try await admission.reserve(ask)
            guard call.admitted(hold) else {
                let reason = call.reason ?? Self.stopping
                let record = call.record(refusedBy: reason.code, now: clock.now)
                let settlement = AdmittedCall.Settlement(call: call, hold: hold, outcome: nil, record: record)
                // A desk that has ended meanwhile settles nothing any more: then whoever asked does.
                if !queue.offer(settlement) { await settle(settlement) }
                throw reason
            }
            return route
        } catch {
            giveBack(slot)
            throw error
        }
    }

    /// Gives back what may be set aside for a call of which nobody knows whether it is; until then it is under way.
    private func voidSoon(_ call: AdmittedCall, _ record: CallRecord) -> Bool {
        guard let price = call.price else { return false }
        let hold = AdmissionHold(id: call.ask.id, tenant: call.ask.tenant, price: price)
        return queue.offer(AdmittedCall.Settlement(call: call, hold: hold, outcome: nil, record: record))
    }

    private func route(of request: ChatRequest) async throws(ChatError) -> ModelRoute {
        let likely = TokenEstimate.likely(of: request)
        let fewest = min(likely, TokenEstimate.fewest(of: request))
        func find() throws(ChatError) -> ModelRoute {
            let directory = state.withLock { $0.directory }
            return try directory.route(
                request,
                promptTokens: likely,
                fewestPromptTokens: fewest,
                at: clock.wallTime
            )
        }
        do throws(ChatError) { return try find() } catch {
            guard error.code == .unknownModel else { throw error }
            let isThere = await waitForModels()
            do throws(ChatError) { return try find() } catch {
                guard error.code == .unknownModel, !isThere else { throw error }
                let failure = ChatFailure(retryAfter: .seconds(1))
                throw ChatError(.unavailable, "models are being loaded", cause: failure)
            }
        }
    }

    /// The dearest of all who may answer; nobody counts tokens for it, for an estimate that is never too few does.
    private static func worst(of call: DeskCall, _ route: ModelRoute) -> AdmissionAsk {
        let most = TokenEstimate.most(of: call.request)
        let fewest = TokenEstimate.fewest(of: call.request)
        let first = route.choices[0]
        var worst = first.worstCase(of: call.request, promptTokens: most, fewestPromptTokens: fewest)
        for choice in route.choices.dropFirst() {
            let other = choice.worstCase(of: call.request, promptTokens: most, fewestPromptTokens: fewest)
            if worst.cost < other.cost { worst = other }
        }
        return AdmissionAsk(
            id: call.id,
            tenant: call.tenant,
            key: call.key,
            place: call.place,
            model: first.row.name,
            worst: worst.usage,
            worstCost: worst.cost,
            price: first.price,
            engines: route.choices.map(\.offer.engine),
            deadline: call.deadline
        )
    }

    private func answer(
        _ call: AdmittedCall,
        along route: ModelRoute,
        _ slot: CallerLimiter.Taken?
    ) async throws(ChatError) -> AdmittedAnswer {
        let ask = call.ask
        let request = GenerationRequest(
            id: ask.id,
            tenant: ask.tenant,
            model: "",
            chat: ask.request,
            adapter: nil,
            deadline: ask.deadline
        )
        let begun: BegunAnswer
        do throws(ChatError) {
            begun = try await caller.answer(request, along: route) { call.heard($0) }
        } catch {
            if !error.code.isOfTheCaller { giveBack(slot) }
            let reason = call.reason
            await end(call, error.code == .cancelled ? .clientLeft : .brokenOff, error.code)
            throw reason ?? error
        }
        let allowance = slot?.allowance ?? call.hold?.allowance
        let answer = AdmittedAnswer(begun, call, reason: route.reason, allowance: allowance, desk: self)
        guard call.answerBegan(begun, now: clock.now) else {
            begun.cancel()
            throw call.reason ?? Self.stopping
        }
        return answer
    }

    private func giveBack(_ slot: CallerLimiter.Taken?) {
        if let slot { state.withLock { $0.limiter.giveBack(slot) } }
    }

    /// Whether a call's deadline is still to come.
    func isInTime(_ call: AdmittedCall) -> Bool { clock.now < call.ask.deadline }

    // MARK: Settling

    /// Ends a call, if nobody has, and settles it before it returns, unless the task has been cancelled.
    func end(_ call: AdmittedCall, _ end: AdmissionOutcome.End, _ code: ChatErrorCode?) async {
        guard let settlement = call.end(end, code, now: clock.now) else { return }
        observer.callEnded(settlement.record)
        if Task.isCancelled { leave(settlement) } else { await settle(settlement) }
    }

    /// Ends a call that nobody wants any more; it is settled soon.
    func leave(_ call: AdmittedCall) {
        guard let settlement = call.leave(now: clock.now) else { return }
        observer.callEnded(settlement.record)
        leave(settlement)
    }

    private func leave(_ settlement: AdmittedCall.Settlement) {
        // There is room for all calls, so only a desk that has ended refuses.
        guard !queue.offer(settlement) else { return }
        let error = ChatError(.unavailable, "the desk has ended")
        giveUp(settlement, error)
    }

    private func settle(_ settlement: AdmittedCall.Settlement) async {
        do throws(ChatError) {
            if let outcome = settlement.outcome {
                settlement.call.settled(try await admission.settle(settlement.hold, as: outcome))
            } else {
                try await admission.void(settlement.hold)
            }
        } catch {
            return again(settlement, error)
        }
        state.withLock { state in
            if settlement.outcome == nil { state.counts.voided += 1 } else { state.counts.settled += 1 }
        }
        forget(settlement.call)
    }

    private func again(_ settlement: AdmittedCall.Settlement, _ error: ChatError) {
        var settlement = settlement
        settlement.attempts += 1
        state.withLock { $0.counts.failures += 1 }
        let isRepeated = settlement.attempts >= Limits.Chat.maximumSettlingAttempts
        // A journal that does not write comes back: what was used is kept until then, and bounds what is begun.
        guard error.code.isOfTheMoment || !isRepeated else { return giveUp(settlement, error) }
        let due = clock.now + Self.pause(before: settlement.attempts)
        // Put aside: one that fails holds up no other.
        let isKept = state.withLock { state in
            if !state.hasEnded { state.retries.append((due, settlement)) }
            return !state.hasEnded
        }
        guard isKept else { return giveUp(settlement, error) }
        if !isRepeated { observer.settlingFailed(settlement.record, error, isGivenUp: false) }
        failedOne.raise()
    }

    private func giveUp(_ settlement: AdmittedCall.Settlement, _ error: ChatError) {
        state.withLock { $0.counts.givenUp += 1 }
        observer.settlingFailed(settlement.record, error, isGivenUp: true)
        forget(settlement.call)
    }

    private func forget(_ call: AdmittedCall) {
        state.withLock { $0.calls[call.ask.id] = nil }
        settledOne.raise()
    }

    // MARK: Life

    /// Settles what was let go, until the calling task is cancelled; then all that is left, and takes no more.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.tryAgain() }
            while let settlement = await queue.next() { await settle(settlement) }
        }
        state.withLock { $0.isOpen = false }
        breakOffAll()
        // What fails now stays behind the closed door: there is nobody left to try again.
        let retries = state.withLock { state in
            defer { (state.retries, state.hasEnded) = ([], true) }
            return state.retries.map(\.settlement)
        }
        for settlement in retries + queue.close() { await settle(settlement) }
    }

    /// Settles what has failed, each at its time, until the calling task is cancelled.
    private func tryAgain() async {
        while !Task.isCancelled {
            if let settlement = nextRetry(at: clock.now) {
                await settle(settlement)
            } else {
                await failedOne.wait(until: state.withLock { $0.retries.map(\.due).min() }, on: clock)
            }
        }
    }

    private func nextRetry(at now: Instant) -> AdmittedCall.Settlement? {
        state.withLock { state in
            guard let next = state.retries.indices.min(by: { state.retries[$0].due < state.retries[$1].due }),
                state.retries[next].due <= now
            else { return nil }
            return state.retries.remove(at: next).settlement
        }
    }

    /// Takes no more calls, lets those that are under way end for as long as `patience`, breaks off the others with
    /// `unavailable`, and returns when all are settled.
    ///
    /// ``run()`` must go on meanwhile.
    package func drain(patience: Duration) async {
        state.withLock { $0.isOpen = false }
        let end = clock.now + patience
        while underWay > 0, clock.now < end { await settledOne.wait(until: end, on: clock) }
        breakOffAll()
        let last = clock.now + Self.settlingPatience
        while underWay > 0, clock.now < last { await settledOne.wait(until: last, on: clock) }
    }

    private func breakOffAll() {
        let calls = state.withLock { $0.calls }.sorted { $0.key < $1.key }
        for (_, call) in calls {
            guard let settlement = call.breakOff(Self.stopping, now: clock.now) else { continue }
            observer.callEnded(settlement.record)
            leave(settlement)
        }
    }

    // MARK: What is known

    /// Who has which model that can be asked now, in the order in which they are asked.
    package var offers: [ModelOffer] {
        let directory = state.withLock { $0.directory }
        let names = Set(directory.models(at: clock.wallTime).map(\.name))
        return directory.offers.filter { names.contains($0.model) }
    }

    /// Calls that are not settled yet.
    package var underWay: Int { state.withLock { $0.calls.count } }

    /// Settlements that wait.
    package var settlementsWaiting: Int { queue.count + state.withLock { $0.retries.count } }

    /// What became of the accounts of calls.
    package var counts: Counts { state.withLock { $0.counts } }

    private static var stopping: ChatError {
        ChatError(.unavailable, "the node is being stopped", cause: ChatFailure(retryAfter: .seconds(5)))
    }

    /// Doubling from a tenth of a second.
    private static func pause(before attempt: Int) -> Duration { .milliseconds(100 << min(attempt, 7)) }

    private static let settlingPatience = Duration.seconds(2)
}

/// A chat that is asked of a desk.
package struct DeskCall: Sendable {
    /// By which it is known everywhere.
    package var id: UniqueID
    /// On whose behalf.
    package var tenant: TenantID
    /// The name of the key that was shown; nil where none is needed.
    package var key: String?
    /// Requests that the key may make in any sliding minute; nil for any number.
    package var requestsPerMinute: Int?
    /// Where it belongs.
    package var place: CallPlace
    /// What is asked.
    package var request: ChatRequest
    /// When it must be over.
    package var deadline: Instant

    /// A call of these parts.
    package init(
        id: UniqueID,
        tenant: TenantID,
        key: String? = nil,
        requestsPerMinute: Int? = nil,
        place: CallPlace = CallPlace(),
        request: ChatRequest,
        deadline: Instant
    ) {
        self.id = id
        self.tenant = tenant
        self.key = key
        self.requestsPerMinute = requestsPerMinute
        self.place = place
        self.request = request
        self.deadline = deadline
    }
}

extension ChatErrorCode {
    /// Whether it passes by itself, so that it is right to ask again.
    fileprivate var isOfTheMoment: Bool {
        switch self {
        case .overloaded, .unavailable, .timedOut, .cancelled: true
        default: false
        }
    }

    /// Whether it is the caller's own doing, so that the request counts.
    fileprivate var isOfTheCaller: Bool {
        switch self {
        case .malformed, .unsupported, .contextExceeded, .unauthenticated, .forbidden, .unknownModel, .unknownAdapter,
            .conflict, .tooLarge, .paymentRequired, .cancelled:
            true
        case .rateLimited, .overloaded, .unavailable, .timedOut, .upstreamCredentials, .upstreamBilling,
            .upstreamFailed, .upstreamMalformed, .engineFailed:
            false
        }
    }
}
