internal import MeshCore
internal import MeshIO
internal import MeshQUIC

/// QUIC between two loops of this process, beside raw UDP on the same loops, round by round.
struct QUICBenchmark {
    let figures: [QUICFigure]
    let rounds: Int
    let duration: Duration

    func run() async throws -> QUICReport {
        let baseline = try UDPBaseline()
        let ground = try QUICGround(on: baseline)
        var report = QUICReport()
        for _ in 0..<rounds {
            var round: [QUICFigure: QUICOutcome] = [:]
            for figure in figures { round[figure] = try await measure(figure, baseline, ground) }
            report.rounds.append(round)
        }
        await baseline.end()
        return report
    }

    private func measure(
        _ figure: QUICFigure,
        _ baseline: UDPBaseline,
        _ ground: QUICGround
    ) async throws -> QUICOutcome {
        switch figure {
        case .raw1, .raw16, .raw64:
            let result = try await ground.costs {
                try await baseline.exchange(bytes: 64, inFlight: figure.inFlight, count: Self.rawRequests)
            }
            return QUICOutcome(result.value, near: result.near, far: result.far, count: Self.rawRequests)
        case .same1, .same16, .same64: return try await exchange(figure.inFlight, onNewStreams: false, ground)
        case .new1, .new16, .new64: return try await exchange(figure.inFlight, onNewStreams: true, ground)
        case .task1, .task64: return try await call(.request, figure.inFlight, prefersLoop: true, ground)
        case .pool1, .pool64: return try await call(.request, figure.inFlight, prefersLoop: false, ground)
        case .plain1, .plain64: return try await call(.plain, figure.inFlight, prefersLoop: true, ground)
        case .journaled1, .journaled64: return try await call(.journaled, figure.inFlight, prefersLoop: true, ground)
        case .rawBulk: return try await rawBulk(baseline, ground)
        case .bulk: return try await bulk(UDPConfiguration(), ground)
        case .bareBulk: return try await bulk(Self.bare, ground)
        case .full1, .full8: return try await handshakes(figure.inFlight, resumes: false, ground)
        case .resumed1, .resumed8: return try await handshakes(figure.inFlight, resumes: true, ground)
        }
    }

    private func exchange(_ inFlight: Int, onNewStreams: Bool, _ ground: QUICGround) async throws -> QUICOutcome {
        let server = try await server(ground, ground.configuration)
        let client = try await ground.near.run { try QUICEchoClient(ground) }
        let address = server.address
        try await awaiting(ground.near) { client.connect(to: address, $0) }
        let duration = duration
        // Keys are settled and windows open when it counts.
        _ = try await awaiting(ground.near) {
            client.exchange(inFlight: inFlight, onNewStreams: onNewStreams, for: duration / 10, $0)
        }
        let start = ground.clock.now
        let result = try await ground.costs {
            try await awaiting(ground.near) {
                client.exchange(inFlight: inFlight, onNewStreams: onNewStreams, for: duration, $0)
            }
        }
        let seconds = (ground.clock.now - start) / .seconds(1)
        try await ground.near.run { client.close() }
        try await ground.far.run { server.close() }
        return QUICOutcome(waits: result.value, seconds: seconds, nearCost: result.near, farCost: result.far)
    }

    private func call(
        _ call: QUICCalls.Call,
        _ inFlight: Int,
        prefersLoop: Bool,
        _ ground: QUICGround
    ) async throws -> QUICOutcome {
        let calls = try await QUICCalls(ground)
        let outcome = try await calls.measure(call, inFlight: inFlight, prefersLoop: prefersLoop, for: duration)
        await calls.close()
        return outcome
    }

    private func rawBulk(_ baseline: UDPBaseline, _ ground: QUICGround) async throws -> QUICOutcome {
        let result = try await ground.costs { try await baseline.bulk(bytes: Self.bulkBytes, Self.bare) }
        let megabytes = Double(Self.bulkBytes) / 1e6
        let seconds = megabytes / (result.value / 1e6)
        return QUICOutcome(megabytes: megabytes, seconds: seconds, nearCost: result.near, farCost: result.far)
    }

    private func bulk(_ socket: UDPConfiguration, _ ground: QUICGround) async throws -> QUICOutcome {
        var configuration = ground.configuration
        configuration.socket = socket
        let server = try await server(ground, configuration, isSink: true)
        let client = try await ground.near.run { [configuration] in try QUICBulkSender(ground, configuration) }
        let address = server.address
        try await awaiting(ground.near) { client.connect(to: address, $0) }
        let start = ground.clock.now
        let result = try await ground.costs {
            try await awaiting(ground.near) { client.send(bytes: Self.bulkBytes, $0) }
        }
        let seconds = (ground.clock.now - start) / .seconds(1)
        try await ground.near.run { client.close() }
        try await ground.far.run { server.close() }
        let megabytes = Double(Self.bulkBytes) / 1e6
        return QUICOutcome(megabytes: megabytes, seconds: seconds, nearCost: result.near, farCost: result.far)
    }

    private func handshakes(_ atATime: Int, resumes: Bool, _ ground: QUICGround) async throws -> QUICOutcome {
        let server = try await server(ground, ground.configuration)
        let client = try await ground.near.run { try QUICHandshakes(ground) }
        let address = server.address
        let duration = duration
        let start = ground.clock.now
        let result = try await ground.costs {
            try await awaiting(ground.near) {
                client.run(to: address, atATime: atATime, resumes: resumes, for: duration, $0)
            }
        }
        let seconds = (ground.clock.now - start) / .seconds(1)
        try await ground.near.run { client.close() }
        try await ground.far.run { server.close() }
        return QUICOutcome(waits: result.value, seconds: seconds, nearCost: result.near, farCost: result.far)
    }

    private func server(
        _ ground: QUICGround,
        _ configuration: QUICConfiguration,
        isSink: Bool = false
    ) async throws -> QUICEchoServer {
        try await ground.far.run {
            try QUICEchoServer(
                loop: ground.far,
                credentials: ground.hub,
                verifier: ground.verifier,
                configuration: configuration,
                clock: ground.clock,
                isSink: isSink
            )
        }
    }

    private static let rawRequests = 50_000
    private static let bulkBytes = 256 * 1_024 * 1_024

    private static var bare: UDPConfiguration {
        var configuration = UDPConfiguration()
        configuration.isSegmenting = false
        configuration.isJoining = false
        return configuration
    }
}

/// Waits until `body`, which runs on `loop`, has its continuation resumed.
func awaiting<Value: Sendable>(
    _ loop: EventLoop,
    _ body: @escaping @Sendable (CheckedContinuation<Value, any Error>) -> Void
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        if !loop.execute({ body(continuation) }) {
            continuation.resume(throwing: UDPBaselineFailure("the loop has been stopped"))
        }
    }
}
