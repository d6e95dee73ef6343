internal import MeshActors
package import MeshCore
package import MeshQUIC
package import MeshTunnel
internal import MeshVitals
package import MeshWire

/// What a hub does with its edges' beats: acknowledges them, keeps what they tell, notices who falls silent, and has
/// made ready what edges pre-warm.
///
/// Frames come on the loop and are answered there; ``run()`` owns the rest.
package final class HubBeats: Sendable {
    private struct Account {
        var beats: BeatBudget
        var preWarms: BeatBudget
        var hasWarnedOfSkew = false
        var saidLostAt: Instant?
    }

    private struct State {
        var edges = EdgeVitals()
        /// Of links that are open.
        var accounts: [PeerLinkID: Account] = [:]
        /// Wishes that wait for the hook.
        var waiting: Set<WarmUp> = []
        var counts = Counts()
    }

    /// What beside the beats themselves has come to pass.
    package struct Counts: Hashable, Sendable {
        /// Beats and pre-warms dropped because an edge sent too many.
        package var dropped = UInt64(0)
        /// Links closed because of what came on them.
        package var closed = UInt64(0)
        /// Pre-warms taken.
        package var preWarms = UInt64(0)
        /// Pre-warms that wait already, or for which there is no room.
        package var preWarmsLeftOut = UInt64(0)
    }

    private let state = Lock(State())
    private let wishes = Intake<WarmUp>(capacity: Limits.Heartbeat.preWarmsWaiting)
    private let timer = Signal()
    private let hook: any WarmUpHook
    private let clock: any Clock
    private let logger: Logger
    private let shortestInterval: Duration

    /// No beats yet; an edge may send one in `shortestInterval`.
    package init(
        clock: any Clock,
        logger: Logger,
        hook: any WarmUpHook = NoWarmUp(),
        shortestInterval: Duration = Limits.Heartbeat.shortestInterval
    ) {
        self.clock = clock
        self.logger = logger
        self.hook = hook
        self.shortestInterval = shortestInterval
    }

    // MARK: Links

    /// A link has opened; called on the loop.
    package func linkOpened(to peer: LinkPeer) {
        let now = clock.now
        let account = Account(
            beats: BeatBudget(interval: shortestInterval, burst: Limits.Heartbeat.maximumBurst, now: now),
            preWarms: BeatBudget(
                interval: Limits.Heartbeat.shortestPreWarmInterval,
                burst: Limits.Heartbeat.maximumPreWarmBurst,
                now: now
            )
        )
        state.withLock { $0.accounts[peer.link] = account }
    }

    /// A link has ended; called on the loop.
    package func linkClosed(to peer: LinkPeer) {
        state.withLock { state in
            state.accounts[peer.link] = nil
            state.edges.linkClosed(of: peer.node, link: peer.link.number)
        }
    }

    /// A frame has come on a control stream; called on the loop.
    package func control(_ frame: Frame, from peer: LinkPeer) -> ControlAnswer {
        switch frame.type {
        case .heartbeat: beat(frame, from: peer)
        case .preWarm: preWarm(frame, from: peer)
        default: .notKnown
        }
    }

    private func decide(_ budget: WritableKeyPath<Account, BeatBudget>, of peer: LinkPeer) -> BeatBudget.Decision {
        let now = clock.now
        return state.withLock { state in
            let decision = state.accounts[peer.link]?[keyPath: budget].decide(now: now) ?? .drop
            switch decision {
            case .take: break
            case .drop: state.counts.dropped += 1
            case .close: state.counts.closed += 1
            }
            return decision
        }
    }

    // MARK: Beats

    private func beat(_ frame: Frame, from peer: LinkPeer) -> ControlAnswer {
        switch decide(\.beats, of: peer) {
        case .take: break
        case .drop: return .nothing
        case .close: return .refuse(.overloaded, "more beats than one in \(shortestInterval.shortText)")
        }
        let beat: Beat
        do throws(BeatError) {
            beat = try Beat(json: frame.payload)
        } catch {
            return .refuse(.protocolViolation, error.message)
        }
        guard beat.device == peer.node else {
            return .refuse(.protocolViolation, "a beat of another device than the certificate names")
        }
        note(beat, from: peer)
        let now = clock.wallTime.millisecondsSince1970
        let answer = BeatAcknowledgement(sequence: beat.sequence, receivedMilliseconds: now)
        return .answer(Frame(type: .heartbeatAcknowledgement, payload: answer.wireBytes))
    }

    private func note(_ beat: Beat, from peer: LinkPeer) {
        let (now, wallTime) = (clock.now, clock.wallTime)
        let (outcome, isEarlier) = state.withLock { state in
            let former = state.edges.nextDeadline
            let outcome = state.edges.received(beat, link: peer.link.number, now: now, wallTime: wallTime)
            return (outcome, state.edges.nextDeadline.map { next in former.map { next < $0 } ?? true } ?? false)
        }
        if isEarlier { timer.raise() }
        guard let outcome else { return }
        var fields = [LogField(.peer, .text(peer.node.text)), LogField(.sequence, .integer(Int64(beat.sequence)))]
        logger.log(.debug, .beat, fields)
        if case .afterGap(let count) = outcome.order, mayTellOfLoss(peer, now) {
            fields.append(LogField(.count, .integer(Int64(clamping: count))))
            logger.log(.warning, .beatsLost, fields)
        }
        if outcome.isLate { logger.log(outcome.isBack ? .info : .debug, .beatLate, fields) }
        warnOfSkew(beat.timestampMilliseconds, wallTime, peer)
    }

    /// Once a minute for a link: an edge chooses its numbers, and must not choose how much is logged.
    private func mayTellOfLoss(_ peer: LinkPeer, _ now: Instant) -> Bool {
        state.withLock { state in
            if let said = state.accounts[peer.link]?.saidLostAt, now - said < .seconds(60) { return false }
            state.accounts[peer.link]?.saidLostAt = now
            return true
        }
    }

    private func warnOfSkew(_ timestamp: Int64, _ wallTime: WallTime, _ peer: LinkPeer) {
        let (skew, overflow) = timestamp.subtractingReportingOverflow(wallTime.millisecondsSince1970)
        guard overflow || skew.magnitude > Self.notableSkewMilliseconds else { return }
        let isNews = state.withLock { state in
            guard let account = state.accounts[peer.link], !account.hasWarnedOfSkew else { return false }
            state.accounts[peer.link]?.hasWarnedOfSkew = true
            return true
        }
        guard isNews else { return }
        logger.log(
            .warning,
            .clockSkew,
            [LogField(.peer, .text(peer.node.text)), LogField(.skew, .integer(overflow ? .max : skew))]
        )
    }

    // MARK: Pre-warming

    private func preWarm(_ frame: Frame, from peer: LinkPeer) -> ControlAnswer {
        switch decide(\.preWarms, of: peer) {
        case .take: break
        case .drop: return .nothing
        case .close: return .refuse(.overloaded, "more pre-warms than are taken")
        }
        let wish: WarmUp
        do throws(WireError) {
            let frame = try frame.decode(as: PreWarm.self)
            wish = WarmUp(edge: peer.node, project: frame.project, adapter: frame.adapter)
        } catch {
            return .refuse(.protocolViolation, error.message)
        }
        let isTaken = state.withLock { state in
            let isTaken = state.waiting.insert(wish).inserted && wishes.offer(wish)
            if isTaken { state.counts.preWarms += 1 } else { state.counts.preWarmsLeftOut += 1 }
            return isTaken
        }
        guard isTaken else { return .nothing }
        var fields = [LogField(.peer, .text(peer.node.text))]
        if let project = wish.project { fields.append(LogField(.project, .text(project))) }
        if let adapter = wish.adapter { fields.append(LogField(.adapter, .text(adapter))) }
        logger.log(.info, .preWarm, fields)
        return .nothing
    }

    // MARK: Life

    /// Has made ready what edges wish, and notices who falls silent, until the calling task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.makeReady() }
            group.addTask { await self.watch() }
            group.addTask { await self.forget() }
        }
    }

    private func makeReady() async {
        while let wish = await wishes.next() {
            state.withLock { _ = $0.waiting.remove(wish) }
            await hook.warmUp(wish)
        }
    }

    private func forget() async {
        while (try? await clock.sleep(for: Self.forgetInterval)) != nil {
            state.withLock { $0.edges.forget(now: clock.now) }
        }
    }

    private func watch() async {
        while !Task.isCancelled {
            let (suspects, next) = state.withLock { state in
                (state.edges.deadlineReached(now: clock.now), state.edges.nextDeadline)
            }
            for node in suspects { logger.log(.warning, .edgeSuspected, [LogField(.peer, .text(node.text))]) }
            await timer.wait(until: next, on: clock)
        }
    }

    // MARK: What is known

    /// What is known of `node` by its beats.
    package func entry(of node: NodeID) -> EdgeVitals.Entry? { state.withLock { $0.edges.entry(of: node) } }

    /// The edges that are known by their beats, in the order of their names.
    package var nodes: [NodeID] { state.withLock { $0.edges.nodes } }

    /// What all edges' beats have come to.
    package var beatCounts: BeatWatch.Counts { state.withLock { $0.edges.counts } }

    /// What all beats have come to since the hub began; it takes as long however many edges there are.
    package var totals: EdgeVitals.Totals { state.withLock { $0.edges.totals } }

    /// How many edges are known.
    package var edgeCount: Int { state.withLock { $0.edges.count } }

    /// Wishes that wait for the hook.
    package var wishesWaiting: Int { wishes.count }

    /// How many edges have fallen silent over an open link.
    package var suspectedCount: Int { state.withLock { $0.edges.suspectedCount } }

    /// What beside the beats themselves has come to pass.
    package var counts: Counts { state.withLock { $0.counts } }

    /// Links that are accounted for.
    package var accountCount: Int { state.withLock { $0.accounts.count } }

    private static let notableSkewMilliseconds = UInt64(60_000)
    private static let forgetInterval = Duration.seconds(60)
}

extension LogEvent {
    static let beat = LogEvent("hub.beat")
    static let beatLate = LogEvent("hub.beat-late")
    static let beatsLost = LogEvent("hub.beats-lost")
    static let clockSkew = LogEvent("hub.clock-skew")
    static let edgeSuspected = LogEvent("hub.edge-suspected")
    static let preWarm = LogEvent("hub.pre-warm")
}

extension LogKey {
    static let sequence = LogKey("sequence")
    static let skew = LogKey("skew_milliseconds")
    static let project = LogKey("project")
    static let adapter = LogKey("adapter")
}
