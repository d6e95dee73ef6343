internal import MeshActors
package import MeshCore

/// Keeps one tunnel: drives a ``TunnelStateMachine`` over the ports that it is given.
///
/// ``run()`` owns every task: one that keeps the time, one that watches the machine's addresses, one for each link from
/// its dialling to its end. Commands may be given before; they are carried out once it runs.
package actor TunnelActor {
    let resolver: any HubResolver
    let dialler: any HubDialler
    let prober: any HubProbe
    let clock: any Clock
    let logger: Logger
    var machine: TunnelStateMachine
    var generator: SeededGenerator
    var candidates: HubCandidates
    var ledger = TunnelLedger()

    /// Every attempt and link that is not over, by its number.
    var holds: [LinkID: LinkHold] = [:]

    /// Where the current link leads, or the last one did.
    var hubAddress: HubAddress?

    private let board: StateBoard
    private let begun = Intake<LinkHold>(capacity: Limits.Tunnel.maximumLinks)
    private let timer = Signal()
    private var sleepsUntil: Instant?
    private var renewal: Renewal?

    private struct Renewal {
        var link: LinkID
        let outcome = OneShot<TunnelError?>()
    }

    /// A tunnel to one of `hubs`; not started.
    package init(
        to hubs: [ConfiguredHub],
        resolver: any HubResolver,
        dialler: any HubDialler,
        probe: any HubProbe,
        clock: any Clock,
        generator: SeededGenerator,
        logger: Logger,
        configuration: TunnelConfiguration = TunnelConfiguration()
    ) throws(TunnelError) {
        candidates = try HubCandidates(hubs)
        self.resolver = resolver
        self.dialler = dialler
        prober = probe
        self.clock = clock
        self.generator = generator
        self.logger = logger
        machine = TunnelStateMachine(configuration)
        board = StateBoard(.disconnected)
    }

    // MARK: Life

    /// Runs the tunnel until the calling task is cancelled; then every link is closed, and the states come to an end.
    ///
    /// Call it once.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepTime() }
            group.addTask { await self.followAddresses() }
            while let hold = await begun.next() {
                group.addTask { await self.live(hold) }
            }
            _ = begun.close()
            endEverything()
            group.cancelAll()
        }
        holds = [:]
        board.finish()
    }

    /// Begins to connect: where nothing is under way, or after a failure.
    package func start() throws(TunnelError) {
        switch try machine.start(now: clock.now) {
        case .dial(let dial): begin(dial)
        }
        changed()
    }

    /// Gives up every attempt and closes every link; the tunnel tries nothing more by itself.
    package func stop() throws(TunnelError) {
        #if PLANTED_BUGS
        let spared = PlantedBug.stopLeavesDial.isOn ? machine.linkInMaking : nil
        #else
        let spared: LinkID? = nil
        #endif
        switch try machine.stop() {
        case .endEverything: endHolds(but: spared)
        }
        changed()
    }

    /// Does not wait for the next attempt, or asks the hub at once whether it lives.
    package func reconnectNow() throws(TunnelError) {
        switch try machine.reconnectNow(now: clock.now) {
        case .nothing: break
        case .dial(let dial): begin(dial)
        case .probe(let probe): holds[probe.link]?.want(probe)
        }
        changed()
    }

    /// Makes a new link to the same hub, and retires the old one once that has answered; the tunnel stays connected.
    ///
    /// For credentials that have changed. Returns when the new link is in place; where it cannot be made, the old one
    /// stays, and the error says why. Cancelling ends the wait alone.
    package func renewLink() async throws(TunnelError) {
        let outcome: OneShot<TunnelError?>
        switch try machine.renew(now: clock.now) {
        case .dial(let dial):
            var renewal = self.renewal ?? Renewal(link: dial.link)
            renewal.link = dial.link
            self.renewal = renewal
            outcome = renewal.outcome
            begin(dial)
        }
        changed()
        let failure: TunnelError?
        do throws(CancellationError) {
            failure = try await outcome.wait()
        } catch {
            throw TunnelError(.notRenewed, "nobody waits for the new link any more", cause: error)
        }
        if let failure { throw failure }
    }

    /// An answer of the current hub's actors has come to somebody else: it need not be probed for a while.
    package func heardFromHub() {
        guard let link = machine.currentLink else { return }
        machine.heard(over: link, now: clock.now)
    }

    // MARK: What it says

    /// The states from now on, for anyone.
    package nonisolated var states: TunnelStates { TunnelStates(board) }

    /// The state now.
    package nonisolated var state: TunnelState { board.latest }

    /// Returns once the tunnel is connected; an error where it will not be by itself, or not before `deadline`.
    package nonisolated func waitUntilConnected(deadline: Instant) async throws(TunnelError) {
        let failure = await withTaskGroup(of: TunnelError?.self) { group in
            group.addTask { await Self.untilConnected(self.states) }
            group.addTask { [clock] in
                try? await clock.sleep(until: deadline)
                return TunnelError(.timedOut, "the tunnel is not connected in time")
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        if let failure { throw failure }
    }

    private static func untilConnected(_ states: TunnelStates) async -> TunnelError? {
        for await state in states {
            switch state {
            case .connected: return nil
            case .failed(let failure) where failure.triesAt == nil:
                return TunnelError(.over, "the tunnel has failed: \(failure.reason)")
            case .disconnected, .connecting, .reconnecting, .failed: continue
            }
        }
        return TunnelError(.over, "the tunnel has ended")
    }

    /// What the tunnel has come to so far.
    package func statistics() async -> TunnelStatistics {
        var statistics = countedStatistics
        let current = statistics.state.link
        // A link that ends meanwhile is counted here, and in the ledger afterwards.
        for (id, hold) in holds.sorted(by: { $0.key < $1.key }) {
            guard let figures = await hold.link?.figures() else { continue }
            statistics.figures.add(countsOf: figures)
            guard id == current else { continue }
            statistics.figures.roundTrip = figures.roundTrip
            statistics.figures.congestionWindow = figures.congestionWindow
        }
        return statistics
    }

    private var countedStatistics: TunnelStatistics {
        var statistics = ledger.statistics(now: clock.now)
        statistics.lastError = machine.lastError
        return statistics
    }
}

// MARK: Driving the machine

extension TunnelActor {
    /// Begins what the machine asks for; what there is no room for counts as a vain attempt.
    func begin(_ dial: TunnelStateMachine.Dial) {
        if let former = dial.insteadOf { holds[former]?.ending.open("another attempt takes its place") }
        ledger.counts.attempts += 1
        let hold = LinkHold(dial)
        guard holds.count < Limits.Tunnel.maximumLinks, begun.offer(hold) else {
            let error = DialError(.unreachable, "too many links have not come to their end")
            machine.attemptFailed(dial.link, error, now: clock.now, &generator)
            return
        }
        holds[dial.link] = hold
    }

    /// Publishes what the machine has come to; called after each event, before anything is awaited.
    func changed() {
        let state = machine.state
        if state != board.latest {
            ledger.note(state, now: clock.now)
            if case .connected(let connection) = state, connection.link != board.latest.link {
                hubAddress = holds[connection.link]?.address ?? hubAddress
                if !connection.isLeaving { candidates.beginRound() }
            }
            log(state, after: board.latest)
            board.publish(state)
        }
        if let next = machine.nextDeadline, sleepsUntil.map({ next < $0 }) ?? true { timer.raise() }
        settleRenewal(state)
    }

    private func settleRenewal(_ state: TunnelState) {
        guard let renewal else { return }
        switch state {
        case .connecting, .reconnecting: return
        case .connected(let connection):
            if connection.link >= renewal.link {
                renewal.outcome.open(nil)
            } else if machine.isRenewing || connection.isLeaving {
                return
            } else {
                renewal.outcome.open(notRenewed)
            }
        case .disconnected, .failed: renewal.outcome.open(notRenewed)
        }
        self.renewal = nil
    }

    private var notRenewed: TunnelError {
        TunnelError(.notRenewed, "no new link was made: \(machine.lastError ?? "the tunnel has ended")")
    }

    private func endEverything() {
        _ = try? machine.stop()
        endHolds(but: nil)
        changed()
    }

    private func endHolds(but spared: LinkID?) {
        for (id, hold) in holds.sorted(by: { $0.key < $1.key }) where id != spared {
            hold.ending.open("the tunnel is stopped")
        }
    }

    /// Calls the machine whenever its time has come.
    private func keepTime() async {
        while !Task.isCancelled {
            sleepsUntil = doWhatIsDue()
            await timer.wait(until: sleepsUntil, on: clock)
            sleepsUntil = nil
        }
    }

    /// Calls the machine until nothing is due, and returns when something is.
    private func doWhatIsDue() -> Instant? {
        while let deadline = machine.nextDeadline, deadline <= clock.now {
            let current = machine.currentLink
            let action = machine.deadlineReached(now: clock.now, &generator)
            // A hub that hangs takes links as before: the others come first.
            if let current, action == .close(current) { candidates.beginRound(avoiding: holds[current]?.address) }
            perform(action)
            changed()
        }
        return machine.nextDeadline
    }

    private func perform(_ action: TunnelStateMachine.DeadlineReachedAction) {
        switch action {
        case .nothing: break
        case .dial(let dial): begin(dial)
        case .probe(let probe): holds[probe.link]?.want(probe)
        case .giveUp(let link): holds[link]?.ending.open("nobody said hello in time")
        case .close(let link): holds[link]?.ending.open("the hub's actors did not answer")
        }
    }

    private func followAddresses() async {
        while !Task.isCancelled {
            await dialler.addressesChanged()
            guard !Task.isCancelled else { return }
            guard let probe = changeAddresses() else { continue }
            if await dialler.migrate() { ledger.counts.migrations += 1 }
            // Asked whether or not it worked: the answer is what counts.
            holds[probe.link]?.want(probe)
        }
    }

    /// Begins an attempt, or returns the probe to send once the links have been migrated.
    private func changeAddresses() -> TunnelStateMachine.Probe? {
        defer { changed() }
        switch machine.addressesChanged(now: clock.now) {
        case .nothing: return nil
        case .dial(let dial):
            begin(dial)
            return nil
        case .migrate(let probe): return probe
        }
    }

    private func log(_ state: TunnelState, after former: TunnelState) {
        let isNews = state.phase != former.phase || state.link != former.link
        let level: LogLevel =
            if case .failed(let failure) = state, failure.reason != .stopped { .warning } else { .info }
        var fields = [LogField(.tunnelState, .text(state.phase.rawValue))]
        if let hub = state.hub { fields.append(LogField(.hub, .text(hub.text))) }
        if let words = machine.lastError, state.hub == nil, state.phase != .disconnected {
            fields.append(LogField(.reason, .text(words)))
        }
        // The first vain attempt says why there is no tunnel; the others say it to who asks for more.
        let isFirstFailure = state.vainAttempts == 1 && former.vainAttempts == 0
        logger.log(isFirstFailure ? .warning : isNews ? level : .debug, .tunnelChanged, fields)
    }
}

extension TunnelState {
    /// How many attempts have failed since all was well.
    fileprivate var vainAttempts: Int {
        switch self {
        case .connecting(let attempt), .reconnecting(let attempt): attempt.number - 1
        case .disconnected, .connected, .failed: 0
        }
    }

    /// The link that is current in it.
    fileprivate var link: LinkID? {
        if case .connected(let connection) = self { connection.link } else { nil }
    }
}
