import MeshCore
import MeshIO
import MeshQUIC
import MeshTestKit
import Testing

@Suite struct AbuseTests {
    @Test func `A peer's requests wait while its answers are not read`() {
        #expect(
            Limits.Link.maximumWaiting >= QUICConfiguration().maximumStreams,
            "whoever keeps the rules finds a place"
        )
        var budget = AnswerBudget()
        #expect(budget.mayBegin(unreadBytes: 0))
        #expect(!budget.mayBegin(unreadBytes: Limits.Link.maximumUnreadBytes))
        let unknown = Limits.Link.maximumUnreadBytes / Limits.Link.smallestAnswerBytes
        for _ in 0..<unknown {
            #expect(budget.mayBegin(unreadBytes: 0))
            budget.began()
        }
        #expect(!budget.mayBegin(unreadBytes: 0))
        for _ in 0..<unknown { budget.ended(bytes: 1_000_000) }
        var running = 0
        while budget.mayBegin(unreadBytes: 0) {
            budget.began()
            running += 1
        }
        #expect(running == Limits.Link.alwaysHandled)
        #expect(!budget.mayBegin(unreadBytes: 1))
    }

    @Test func `Beyond some in a second, first packets that prove nothing get a Retry`() async throws {
        let loop = try EventLoop.start(name: "flood")
        let clock = MachineClock(loop: loop)
        let authority = try PeerAuthority.make(clock: clock)
        let real = try await FirstFlights.record(4, loop: loop, authority: authority, clock: clock)
        let credentials = try authority.credentials(.hub, "hub-1")
        let counts = try await loop.run {
            let taker = TakesAll()
            let endpoint = try QUICEndpoint(
                loop: loop,
                address: .loopbackIPv4(port: 0),
                credentials: credentials,
                verifier: authority.verifier,
                clock: clock,
                handler: taker
            )
            var bogus = BogusInitials(real: real, kinds: [.fresh], seed: 1)
            for _ in 0..<(2 * Limits.Endpoint.unprovenPerSecond) { endpoint.feed(bogus.next()) }
            #expect(endpoint.connectionCount == 0)
            defer { endpoint.close() }
            return endpoint.counts
        }
        #expect(counts.handshakes == UInt64(Limits.Endpoint.unprovenPerSecond))
        #expect(counts.retries == UInt64(Limits.Endpoint.unprovenPerSecond))
        loop.stop()
    }

    @Test func `Readers that never read are closed when too much waits for them, and others are not`() async throws {
        let loop = try EventLoop.start(name: "slow")
        let clock = MachineClock(loop: loop)
        let authority = try PeerAuthority.make(clock: clock)
        var configuration = QUICConfiguration()
        #expect(configuration.maximumUnreadBytes == Limits.Endpoint.maximumUnreadBytes)
        configuration.maximumUnreadBytes = 2_000_000
        let hub = try await QUICTransport(
            loop: loop,
            address: .loopbackIPv4(port: 0),
            accepts: true,
            credentials: try authority.credentials(.hub, "hub-1"),
            verifier: authority.verifier,
            software: "test/1",
            configuration: configuration,
            clock: clock
        )
        let edge = try await QUICTransport(
            loop: loop,
            address: .loopbackIPv4(port: 0),
            accepts: false,
            credentials: try authority.credentials(.edge, "good"),
            verifier: authority.verifier,
            software: "test/1",
            clock: clock
        )
        let service = NumberedService()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await hub.serve { service.answer($0) } }
            let node = try await edge.connect(to: hub.localAddress, serverName: .dns("localhost"))
            var readers: [LoopHeld<SlowReader>] = []
            for index in 0..<4 {
                let credentials = try authority.credentials(.edge, "slow-\(index)")
                readers.append(
                    try await loop.run {
                        let reader = SlowReader(credentials.identity.node, requests: 4, answerBytes: 400_000)
                        try reader.connect(
                            to: hub.localAddress,
                            loop: loop,
                            credentials: credentials,
                            verifier: authority.verifier,
                            clock: clock
                        )
                        return LoopHeld(reader)
                    }
                )
            }
            var number = UInt64(0)
            while await hub.statistics().endpoint.unreadClosed == 0 {
                let request = NumberedRequest(number: number, wantedBytes: 1_000)
                number += 1
                let answer = try await edge.request(request.payload(byteCount: 100), to: node, deadline: nil)
                #expect(answer == request.answer)
                #expect(await hub.statistics().unreadBytes <= configuration.maximumUnreadBytes)
            }
            let nodes = await hub.connectedNodes()
            #expect(nodes.contains { $0.text == "good" })
            for reader in readers { try await loop.run { reader.value.close() } }
            group.cancelAll()
        }
        await edge.close()
        await hub.close()
        loop.stop()
    }
}

extension QUICEndpoint {
    /// As if `packet` had come from a stranger.
    fileprivate func feed(_ packet: [UInt8]) {
        received(
            ReceivedDatagram(
                bytes: packet.span.bytes,
                remote: .loopbackIPv4(port: 9),
                local: localAddress,
                congestion: .none
            )
        )
    }
}

/// Takes every connection, and does nothing with it.
private final class TakesAll: QUICEndpointHandler, QUICConnectionHandler {
    func endpoint(_ endpoint: QUICEndpoint, accepting connection: QUICConnection) -> (any QUICConnectionHandler)? {
        self
    }
    func connectionEstablished(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connectionHasStreamCredit(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}
    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {}
}
