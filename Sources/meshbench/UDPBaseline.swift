internal import MeshCore
internal import MeshIO

/// Raw UDP between two loops of this process: what everything over QUIC is measured beside, in the same run.
struct UDPBaseline {
    /// Requests and their answers.
    struct Exchange {
        let perSecond: Double
        let median: Duration
        let nearlyWorst: Duration
    }

    let near: EventLoop
    let far: EventLoop

    /// Two loops, which live until ``end()``.
    init() throws {
        near = try EventLoop.start(name: "bench-near")
        far = try EventLoop.start(name: "bench-far")
    }

    /// Stops the loops.
    func end() async {
        for loop in [near, far] {
            loop.stop()
            await loop.ended()
        }
    }

    /// Sends `count` requests of `bytes` bytes and awaits their echo, `inFlight` of them at a time.
    func exchange(bytes: Int, inFlight: Int, count: Int) async throws -> Exchange {
        let server = try await far.run { try UDPEchoServer(loop: far) }
        let client = try await near.run { try UDPEchoClient(loop: near, server: server.address, bytes: bytes) }
        let clock = ContinuousClock()
        let start = clock.now
        let waits = try await withCheckedThrowingContinuation { continuation in
            submit(to: near, continuation) { client.begin(count: count, inFlight: inFlight, continuation) }
        }
        let elapsed = clock.now - start
        try await near.run { client.close() }
        try await far.run { server.close() }
        let sorted = waits.sorted()
        return Exchange(
            perSecond: Double(sorted.count) / (elapsed / .seconds(1)),
            median: sorted[sorted.count / 2],
            nearlyWorst: sorted[sorted.count * 99 / 100]
        )
    }

    /// Sends `bytes` in datagrams of 1,444 bytes and returns how many arrived in a second.
    ///
    /// Hardly any are lost: the receiver says what it has, and the sender is never far ahead. What is lost costs time;
    /// more than a tenth is an error.
    func bulk(bytes: Int, _ configuration: UDPConfiguration) async throws -> Double {
        let receiver = try await far.run { try UDPBulkReceiver(loop: far, configuration) }
        let sender = try await near.run {
            try UDPBulkSender(loop: near, receiver: receiver.address, window: receiver.window, configuration)
        }
        let clock = ContinuousClock()
        let start = clock.now
        let arrived = try await withCheckedThrowingContinuation { continuation in
            submit(to: near, continuation) { sender.begin(bytes: bytes, continuation) }
        }
        let elapsed = clock.now - start
        try await near.run { sender.close() }
        try await far.run { receiver.close() }
        return Double(arrived) / (elapsed / .seconds(1))
    }

    private func submit<Value>(
        to loop: EventLoop,
        _ continuation: CheckedContinuation<Value, any Error>,
        _ body: @escaping @Sendable () -> Void
    ) {
        if !loop.execute(body) { continuation.resume(throwing: UDPBaselineFailure("the loop has been stopped")) }
    }
}

/// Why there is no figure.
struct UDPBaselineFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
