internal import MeshActors
internal import MeshCore

/// What one law does to a pair of transports.
struct TransportLaws: Sendable {
    typealias Handler = @Sendable (IncomingRequest) async -> [UInt8]

    let pair: TransportsUnderTest

    /// How long a round trip, or the news of a peer's end, may take.
    static let patience = Duration.seconds(10)

    // MARK: Requests and responses

    func ownCaller() async throws {
        let count = UInt8(50)
        // The last to be asked answers first.
        let handler: Handler = { [pair] request in
            try? await pair.clock.sleep(for: .milliseconds(Int64(count - request.payload[0])))
            return request.payload + [1]
        }
        try await serving(handler) {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<count {
                    group.addTask { try await ask([number]) == [number, 1] }
                }
                for try await isOwn in group { try require(isOwn, "a response went to another caller") }
            }
        }
    }

    func payloads() async throws {
        let largest = (0..<Limits.Call.maximumMessageBytes).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let echo: Handler = { $0.payload }
        try await serving(echo) {
            for payload in [[], [0], Array(0...255), largest] {
                try require(try await ask(payload) == payload, "\(payload.count) bytes did not come back as they were")
            }
        }
    }

    func tooLarge() async throws {
        let beyond = [UInt8](repeating: 1, count: Limits.Call.maximumMessageBytes + 1)
        let handled = Lock(0)
        let handler: Handler = { request in
            handled.withLock { $0 += 1 }
            return request.payload == [1] ? beyond : request.payload
        }
        try await serving(handler) {
            let request = await failure(of: beyond)
            try require(request == .tooLarge, "a request that is too large: \(String(describing: request))")
            try require(handled.withLock { $0 } == 0, "it was handled")
            let response = await failure(of: [1])
            try require(response == .tooLarge, "a response that is too large: \(String(describing: response))")
            try require(try await ask([2]) == [2], "nothing gets through behind what was too large")
        }
    }

    func names() async throws {
        let handler: Handler = { Array($0.sender.text.utf8) }
        try await serving(handler) {
            try require(try await ask([]) == Array(pair.clientNode.text.utf8), "the client has another name")
            try await serving(handler, as: pair.client, pair.clientNode, from: pair.server) {
                let name = try await pair.server.request([], to: pair.clientNode, deadline: nil)
                try require(name == Array(pair.serverNode.text.utf8), "the server has another name when it asks")
            }
        }
    }

    func askingBack() async throws {
        let back: Handler = { [pair] request in
            let answer = try? await pair.server.request(request.payload, to: request.sender, deadline: nil)
            return (answer ?? []) + [2]
        }
        let near: Handler = { $0.payload + [1] }
        try await serving(near, as: pair.client, pair.clientNode, from: pair.server) {
            try await serving(back) {
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<20 as Range<UInt8> {
                        group.addTask { try await ask([number]) == [number, 1, 2] }
                    }
                    for try await isRight in group { try require(isRight, "a handler could not ask its caller") }
                }
            }
        }
    }

    func atMostOnce() async throws {
        let handled = Lock<[UInt8: Int]>([:])
        let handler: Handler = { [pair] request in
            handled.withLock { $0[request.payload[0], default: 0] += 1 }
            try? await pair.clock.sleep(for: .milliseconds(Int64(request.payload[0])))
            return request.payload
        }
        try await serving(handler) {
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<100 as Range<UInt8> {
                    // Many end before their handler does.
                    let deadline = pair.clock.now + .milliseconds(1 + Int64(number) * 7 % 100)
                    group.addTask { _ = await failure(of: [number], deadline: deadline) }
                }
            }
            try require(handled.withLock { $0.values.allSatisfy { $0 == 1 } }, "a request was handled twice")
        }
    }

    func messages() async throws {
        let handled = Lock<[UInt8: Int]>([:])
        let handler: Handler = { request in
            handled.withLock { $0[request.payload[0], default: 0] += 1 }
            // What nobody wants may be too large.
            return [UInt8](repeating: 1, count: 100_000)
        }
        try await serving(handler) {
            for number in 0..<100 as Range<UInt8> {
                try await pair.client.post([number], to: pair.serverNode, deadline: nil)
            }
            let deadline = pair.clock.now + Self.patience
            while handled.withLock({ $0.count }) < 100 {
                try require(pair.clock.now < deadline, "a message over links that work has not arrived")
                try await pair.clock.sleep(for: .milliseconds(1))
            }
            try require(handled.withLock { $0.values.allSatisfy { $0 == 1 } }, "a message was handled twice")
            let beyond = [UInt8](repeating: 1, count: Limits.Call.maximumMessageBytes + 1)
            var refusal: TransportErrorCode?
            do throws(TransportError) {
                try await pair.client.post(beyond, to: pair.serverNode, deadline: nil)
            } catch {
                refusal = error.code
            }
            try require(refusal == .tooLarge, "a message that is too large: \(String(describing: refusal))")
        }
    }

    // MARK: Independence

    func independence() async throws {
        let release = OneShot<Done>()
        let handler: Handler = { request in
            if request.payload == [0] { _ = try? await release.wait() }
            return request.payload
        }
        try await serving(handler) {
            async let stuck = ask([0])
            for _ in 0..<5 {
                let small = try await ask([1], deadline: pair.clock.now + Self.patience)
                try require(small == [1], "a request waited for another")
            }
            release.open(Done())
            try require(try await stuck == [0], "a request that waited got no response")
        }
    }

    func largeBodies() async throws {
        let large = [UInt8](repeating: 7, count: Limits.Call.maximumMessageBytes)
        let (arrived, release) = (Lock(0), OneShot<Done>())
        let handler: Handler = { request in
            guard request.payload.count > 1 else { return request.payload }
            arrived.withLock { $0 += 1 }
            _ = try? await release.wait()
            return request.payload
        }
        try await serving(handler) {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 { group.addTask { try await ask(large) == large } }
                // While large ones are on their way, while they are handled, and while they come back.
                for number in 0..<60 as Range<UInt8> {
                    let small = try await ask([number], deadline: pair.clock.now + Self.patience)
                    try require(small == [number], "a small request waited for large ones")
                    if number == 40 { release.open(Done()) }
                }
                for try await isWhole in group { try require(isWhole, "a large response is not what was sent") }
            }
            try require(arrived.withLock { $0 } == 8, "a large request was not handled once")
        }
    }

    func bound() async throws {
        let (inside, handled, release) = (Lock((now: 0, most: 0)), Lock(0), OneShot<Done>())
        let handler: Handler = { request in
            inside.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            handled.withLock { $0 += 1 }
            _ = try? await release.wait()
            inside.withLock { $0.now -= 1 }
            return request.payload
        }
        let count = Limits.Call.maximumRequestsWaiting + 50
        try await serving(handler) {
            let responses = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<count {
                    group.addTask {
                        switch await failure(of: [1], deadline: pair.clock.now + .seconds(120)) {
                        case nil: return true
                        case .unreachable, .lost: return false
                        case let code?: throw ConformanceFailure("a request beyond the bound: \(code)")
                        }
                    }
                }
                try await pair.clock.sleep(for: Self.patience)
                release.open(Done())
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            let most = inside.withLock { $0.most }
            try require(most <= Limits.Call.maximumRequestsWaiting, "\(most) requests were handled at a time")
            try require(handled.withLock { $0 } == responses, "a request was refused and handled")
            try require(responses > 0, "nothing got through")
            try require(try await ask([2]) == [2], "nothing gets through behind the flood")
        }
    }
}

extension TransportLaws {
    /// Runs `body` while `server` serves and can be reached.
    func serving(
        _ handler: @escaping Handler,
        as server: (any Transport)? = nil,
        _ node: NodeID? = nil,
        from client: (any Transport)? = nil,
        while body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let (server, client) = (server ?? pair.server, client ?? pair.client)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await server.serve { request in request.payload == Self.probe ? [] : await handler(request) }
            }
            try await reach(node ?? pair.serverNode, from: client)
            try await body()
            group.cancelAll()
        }
    }

    /// Returns once `node` answers.
    func reach(_ node: NodeID, from client: any Transport) async throws {
        let end = pair.clock.now + Self.patience
        while pair.clock.now < end {
            let deadline = pair.clock.now + .seconds(1)
            if (try? await client.request(Self.probe, to: node, deadline: deadline)) != nil { return }
            try await pair.clock.sleep(for: .milliseconds(5))
        }
        throw ConformanceFailure("\(node) serves and is not reached")
    }

    func ask(_ payload: [UInt8], deadline: Instant? = nil) async throws(TransportError) -> [UInt8] {
        try await pair.client.request(payload, to: pair.serverNode, deadline: deadline)
    }

    func failure(of payload: [UInt8], deadline: Instant? = nil) async -> TransportErrorCode? {
        do throws(TransportError) { _ = try await ask(payload, deadline: deadline) } catch { return error.code }
        return nil
    }

    /// What no law asks for.
    private static let probe = Array("are you there?".utf8)
}
