internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshNode
internal import MeshQUIC
internal import MeshTunnel

/// Requests over a link that a tunnel keeps and over one that nobody keeps, and the way back after a cut.
///
/// Between two loops of this process, beside raw UDP on the same loops, round by round; every second round backwards.
struct TunnelBenchmark: Sendable {
    let figures: [TunnelFigure]
    let rounds: Int
    let duration: Duration
    let cuts: Int

    func run() async throws -> TunnelReport {
        let baseline = try UDPBaseline()
        let ground = try TunnelGround(on: baseline)
        let players = try await Players(ground)
        let report = try await withThrowingTaskGroup(of: TunnelReport?.self) { group in
            for pair in [players.bare, players.bareResuming, players.bareFull] {
                group.addTask(executorPreference: ground.far) {
                    await pair.run()
                    return nil
                }
            }
            for pair in [players.tunnel, players.tunnelResuming, players.tunnelFull] {
                group.addTask {
                    await pair.run()
                    return nil
                }
            }
            group.addTask(executorPreference: ground.near) { try await measure(baseline, ground, players) }
            for try await case let report? in group {
                group.cancelAll()
                return report
            }
            throw UDPBaselineFailure("nothing was measured")
        }
        await baseline.end()
        return report
    }

    /// Those whose links are cut are others than those who are asked.
    private struct Players {
        let bare, bareResuming, bareFull: BarePair
        let tunnel, tunnelResuming, tunnelFull: TunnelPair

        init(_ ground: TunnelGround) async throws {
            bare = try await BarePair(ground, resumes: true)
            bareResuming = try await BarePair(ground, resumes: true)
            bareFull = try await BarePair(ground, resumes: false)
            tunnel = try await TunnelPair(ground, resumes: true)
            tunnelResuming = try await TunnelPair(ground, resumes: true)
            tunnelFull = try await TunnelPair(ground, resumes: false)
        }
    }

    private func measure(
        _ baseline: UDPBaseline,
        _ ground: TunnelGround,
        _ players: Players
    ) async throws -> TunnelReport {
        var report = TunnelReport()
        for index in 0..<rounds {
            var round: [TunnelFigure: TunnelOutcome] = [:]
            for figure in index.isMultiple(of: 2) ? figures : figures.reversed() {
                round[figure] = try await measure(figure, baseline, ground, players)
            }
            report.rounds.append(round)
        }
        return report
    }

    private func measure(
        _ figure: TunnelFigure,
        _ baseline: UDPBaseline,
        _ ground: TunnelGround,
        _ players: Players
    ) async throws -> TunnelOutcome {
        switch figure {
        case .raw1:
            let count = Self.rawRequests
            let bytes = EchoingTransport.payload.count
            let result = try await ground.costs {
                try await baseline.exchange(bytes: bytes, inFlight: 1, count: count)
            }
            return TunnelOutcome(result.value, count: count, near: result.near, far: result.far)
        case .bare1, .bare64:
            // One link for all rounds, as the tunnel has one.
            let known = await players.bare.edge.connectedNodes().first
            let hub = if let known { known } else { try await players.bare.connect() }
            return try await requests(over: players.bare.edge, to: hub, figure.inFlight, ground)
        case .tunnel1, .tunnel64:
            let hub = try await players.tunnel.connect()
            return try await requests(over: players.tunnel.edge.transport, to: hub, figure.inFlight, ground)
        case .connectFull: return try await repeated(ground) { try await connect(players.bareFull, ground) }
        case .connectResumed: return try await repeated(ground) { try await connect(players.bareResuming, ground) }
        case .wakeFull: return try await repeated(ground) { try await wake(players.tunnelFull, ground) }
        case .wakeResumed: return try await repeated(ground) { try await wake(players.tunnelResuming, ground) }
        case .wakePaused:
            return try await repeated(ground) { try await wake(players.tunnelResuming, ground, hurries: false) }
        }
    }

    // MARK: Requests

    private func requests(
        over transport: QUICTransport,
        to hub: NodeID,
        _ inFlight: Int,
        _ ground: TunnelGround
    ) async throws -> TunnelOutcome {
        try await untilServed(by: hub, over: transport, ground)
        // Windows are open when it counts.
        for _ in 0..<500 { try await Self.ask(hub, over: transport) }
        let clock = ground.clock
        let end = clock.now + duration
        let result = try await ground.costs {
            try await withThrowingTaskGroup(of: [Double].self) { group in
                for _ in 0..<inFlight {
                    group.addTask(executorPreference: ground.near) {
                        var waits: [Double] = []
                        var before = clock.now
                        while before < end {
                            try await Self.ask(hub, over: transport)
                            let after = clock.now
                            waits.append((after - before) / .microseconds(1))
                            before = after
                        }
                        return waits
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
        return TunnelOutcome(result.value, near: result.near, far: result.far)
    }

    private static func ask(_ hub: NodeID, over transport: QUICTransport) async throws {
        let answer = try await transport.request(EchoingTransport.payload, to: hub, deadline: nil)
        guard answer.count == EchoingTransport.payload.count else { throw UDPBaselineFailure("that is no echo") }
    }

    /// The hub begins to serve in a task of its own; whoever asks before is told that nobody does.
    private func untilServed(by hub: NodeID, over transport: QUICTransport, _ ground: TunnelGround) async throws {
        let latest = ground.clock.now + .seconds(5)
        while (try? await Self.ask(hub, over: transport)) == nil {
            guard ground.clock.now < latest else { throw UDPBaselineFailure("the hub does not serve") }
            try await ground.clock.sleep(until: ground.clock.now + .milliseconds(1))
        }
    }

    // MARK: Cuts

    private func repeated(_ ground: TunnelGround, _ body: () async throws -> Double) async throws -> TunnelOutcome {
        // The first one has no ticket.
        _ = try await body()
        let result = try await ground.costs {
            var waits: [Double] = []
            for _ in 0..<cuts { waits.append(try await body()) }
            return waits
        }
        return TunnelOutcome(result.value, near: result.near, far: result.far)
    }

    /// Microseconds from beginning to connect to the answer to a request; then the link is cut.
    private func connect(_ pair: BarePair, _ ground: TunnelGround) async throws -> Double {
        let begin = ground.clock.now
        let hub = try await pair.connect()
        try await Self.ask(hub, over: pair.edge)
        let end = ground.clock.now
        try await settle(ground)
        for edge in await pair.hub.connectedNodes() { await pair.hub.disconnect(from: edge, "cut") }
        while !(await pair.edge.connectedNodes().isEmpty) {
            try await ground.clock.sleep(until: ground.clock.now + .milliseconds(1))
        }
        return (end - begin) / .microseconds(1)
    }

    /// Has the hub cut the link; microseconds from when the tunnel knows it to the answer to a request.
    private func wake(_ pair: TunnelPair, _ ground: TunnelGround, hurries: Bool = true) async throws -> Double {
        _ = try await pair.connect()
        try await settle(ground)
        await pair.hub.disconnect(from: pair.edgeNode, "cut")
        var noticed: Instant?
        for await state in pair.edge.tunnel.states {
            switch state {
            case .reconnecting where noticed == nil:
                noticed = ground.clock.now
                if hurries { try await pair.edge.tunnel.reconnectNow() }
            case .connected(let connection):
                guard let noticed else { continue }
                try await Self.ask(connection.hub, over: pair.edge.transport)
                return (ground.clock.now - noticed) / .microseconds(1)
            default: continue
            }
        }
        throw UDPBaselineFailure("the tunnel has ended")
    }

    /// Until the ticket has come, and the link has been well for long enough.
    private func settle(_ ground: TunnelGround) async throws {
        try await ground.clock.sleep(until: ground.clock.now + TunnelPair.longestPause * 3)
    }

    private static let rawRequests = 10_000
}
