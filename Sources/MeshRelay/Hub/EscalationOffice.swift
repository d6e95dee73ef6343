internal import MeshActors
package import MeshCore
internal import MeshEscalation
package import MeshGateway
package import MeshTunnel
internal import MeshWire

/// The answers that a hub gives to its edges: takes their streams, and finds or begins the run that each is for.
///
/// Whom to ask, what is set aside and what is settled, the ``ChatPort`` knows; when, the machine of each run says.
package final class EscalationOffice: Sendable {
    private struct State {
        var runs: [RunName: HubRun] = [:]
        var generator: SeededGenerator
        var isOpen = true
    }

    private let chats: any ChatPort
    private let recent: RecentAsks?
    private let clock: any Clock
    private let logger: Logger?
    private let configuration: EscalationConfiguration
    private let state: Lock<State>
    private let begun = Intake<HubRun>(capacity: Limits.Relay.maximumRuns)
    private let wake = Signal()

    /// An office that has `chats` answer, notes in `recent` what is asked, and tells `logger` of answers that are over.
    package init(
        chats: any ChatPort,
        recent: RecentAsks? = nil,
        clock: any Clock,
        logger: Logger? = nil,
        generator: SeededGenerator
    ) {
        self.chats = chats
        self.recent = recent
        self.clock = clock
        self.logger = logger
        configuration = EscalationConfiguration()
        state = Lock(State(generator: generator))
    }

    /// How many answers are given or kept.
    package var count: Int { state.withLock { $0.runs.count } }

    /// Has each run answered, until the calling task is cancelled; then it stops all of them.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.sweep() }
            while let run = await begun.next() {
                group.addTask { [chats] in await run.answer(by: chats) }
            }
            state.withLock { $0.isOpen = false }
            // Nobody has been asked for these, and nobody will be.
            for run in begun.close() { run.refuse() }
            group.cancelAll()
        }
        let left = state.withLock { state in
            defer { state.runs = [:] }
            return state.runs.sorted { $0.key < $1.key }.map(\.value)
        }
        for run in left { run.stop() }
    }

    // MARK: Streams

    /// Says on `channel` the answer that `payload` wants, an escalation frame's, of the edge `edge`.
    ///
    /// Returns when there is nothing more to say on it, or it has ended; throws an `ErrorFrame` for what is refused.
    package func serve(_ channel: any ByteChannel, asking payload: [UInt8], by edge: NodeIdentity) async throws {
        let opening: RelayOpening
        do throws(WireError) { opening = try RelayOpening(wireBytes: payload) } catch {
            throw ErrorFrame(code: PeerErrorCode(refusing: error.code), message: error.message)
        }
        let run = try find(opening, of: edge)
        try await run.serve(channel, opening)
    }

    private func find(_ opening: RelayOpening, of edge: NodeIdentity) throws(ErrorFrame) -> HubRun {
        let name = RunName(edge: edge.node, run: opening.run)
        let now = clock.now
        let (run, isNew) = try state.withLock { (state) throws(ErrorFrame) -> (HubRun, Bool) in
            if let known = state.runs[name] { return (known, false) }
            guard let ask = opening.ask, let digest = opening.askDigest else {
                throw ErrorFrame(code: .notFound, message: "there is no such run here")
            }
            guard state.isOpen, state.runs.count < Limits.Relay.maximumRuns,
                state.runs.keys.count(where: { $0.edge == edge.node }) < Limits.Relay.maximumRunsOfOne
            else { throw Self.noRoom }
            let chat = ask.chat
            recent?.note(RecentAsk(run: name.run, tenant: edge.tenant, chat: chat.request), of: edge.node)
            let run = HubRun(
                name,
                ask,
                chat,
                digest: digest,
                timeLeft: opening.timeLeft,
                trace: opening.trace,
                tenant: edge.tenant,
                record: RunRecord(name, tenant: edge.tenant, trace: opening.trace, clock: clock, logger: logger),
                answer: state.generator.next(),
                configuration: configuration,
                clock: clock,
                now: now
            ) { [weak self] in self?.forget(name) }
            state.runs[name] = run
            return (run, true)
        }
        if isNew {
            guard begun.offer(run) else {
                // Another stream may have found it meanwhile.
                run.refuse()
                forget(name)
                throw Self.noRoom
            }
            wake.raise()
        }
        return run
    }

    private func forget(_ name: RunName) { state.withLock { $0.runs[name] = nil } }

    private static var noRoom: ErrorFrame {
        let pause = UInt32(Limits.Relay.retryAfter.wholeNanoseconds / 1_000_000)
        return ErrorFrame(code: .overloaded, message: "too many answers at a time", retryAfterMilliseconds: pause)
    }

    // MARK: Time

    /// One timer for all: what a second more or less means nothing to.
    private func sweep() async {
        while !Task.isCancelled {
            // In an order of their own, so that a seed is one world in every process.
            let runs = state.withLock { $0.runs.sorted { $0.key < $1.key }.map(\.value) }
            if runs.isEmpty {
                await wake.wait()
                continue
            }
            let now = clock.now
            for run in runs { run.deadlineReached(now: now) }
            try? await clock.sleep(for: Limits.Relay.sweepInterval)
        }
    }
}
