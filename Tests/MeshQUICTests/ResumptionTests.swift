import MeshActors
import MeshCertificates
import MeshCore
import MeshIO
import MeshQUIC
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A second connection` {
    @Test func `is resumed, and says hello before the handshake is complete`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            #expect(try await pair.ask(node))
            #expect(await pair.edge.statistics(to: node)?.isResumed == false)
            for _ in 0..<3 {
                _ = try await pair.connect()
                #expect(try await pair.ask(node))
                let found = try #require(await pair.edge.statistics(to: node))
                #expect(found.isResumed && found.isEarlyDataAccepted)
            }
        }
    }

    @Test func `says hello again where the server takes no early data`() async throws {
        var options = LinkPair.Options()
        options.hub.allowsEarlyData = false
        try await LinkPair.run(options) { pair in
            let node = try await pair.connect()
            #expect(try await pair.ask(node))
            _ = try await pair.connect()
            #expect(try await pair.ask(node))
            let found = try #require(await pair.edge.statistics(to: node))
            #expect(found.isResumed && !found.isEarlyDataAccepted)
        }
    }

    @Test func `is a full one where the server has forgotten its tickets`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            #expect(try await pair.ask(node))
            let address = pair.hubAddress
            await pair.hub.close("a restart")
            _ = try await pair.edgeLinks.closed.wait()
            let credentials = try pair.authority.credentials(.hub, "hub-1")
            let next = try await LinkPair.transport(pair.loop, address, accepts: true, credentials, pair.authority)
            _ = try await pair.connect()
            let found = try #require(await pair.edge.statistics(to: node))
            #expect(!found.isResumed && !found.isEarlyDataAccepted)
            await next.close()
        }
    }

    @Test func `is a full one, and checked, where another name is asked for`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            #expect(try await pair.ask(node))
            await #expect(throws: QUICError(.connectionClosed, "")) {
                _ = try await pair.edge.connect(to: pair.hubAddress, serverName: .dns("elsewhere.example"))
            }
            #expect(Limits.Endpoint.rememberedTickets > Limits.Endpoint.maximumHandshakes)
        }
    }

    @Test func `is verified again by a server once a certificate of the chain has expired`() async throws {
        for chainLife in [Duration.seconds(3_600), .zero] {
            try await LinkPair.run { pair in
                let counts = Lock(0)
                let verifier = Counting(verifier: try pair.authority.verifier, chainLife: chainLife, counts: counts)
                let hub = try await QUICTransport(
                    loop: pair.loop,
                    address: .loopbackIPv4(port: 0),
                    accepts: true,
                    credentials: try pair.authority.credentials(.hub, "hub-2"),
                    verifier: verifier,
                    software: "test/1",
                    clock: pair.clock
                )
                for isFirst in [true, false] {
                    let node = try await pair.edge.connect(to: hub.localAddress, serverName: .dns("localhost"))
                    // A ticket comes behind the handshake.
                    try await pair.clock.sleep(for: .milliseconds(50))
                    #expect(await pair.edge.statistics(to: node)?.isResumed == !isFirst)
                }
                let isAskedAgain = counts.withLock { $0 } > 1
                #expect(isAskedAgain == (chainLife == .zero))
                await hub.close()
            }
        }
    }

    @Test func `takes the place of the first`() async throws {
        try await LinkPair.run { pair in
            _ = try await pair.connect()
            let node = try await pair.connect()
            let reason = try await pair.edgeLinks.closed.wait()
            #expect(reason.message == "there is a newer connection")
            #expect(try await pair.ask(node))
        }
    }
}

/// Counts what it is asked, and says of the chain that it counts only for a while.
private struct Counting: PeerVerifier {
    let verifier: CertificateVerifier
    let chainLife: Duration
    let counts: Lock<Int>

    func verify(
        chain: [[UInt8]],
        purpose: CertificatePurpose,
        serverName: ServerName?,
        now: WallTime
    ) throws(CertificateError) -> PeerCertificate {
        var peer = try verifier.verify(chain: chain, purpose: purpose, serverName: serverName, now: now)
        counts.withLock { $0 += 1 }
        let end = now.millisecondsSince1970 + chainLife.wholeNanoseconds / 1_000_000
        peer.chainValidity = ValidityPeriod(notBefore: now, notAfter: WallTime(millisecondsSince1970: end))
        return peer
    }

    /// The end that was made up is no end.
    func recheck(_ peer: PeerCertificate, now: WallTime) throws(CertificateError) {}
}
