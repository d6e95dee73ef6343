import MeshActors
import MeshCertificates
import MeshCore
import MeshIO
import MeshQUIC
import MeshWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A newer link to the same hub` {
    @Test func `lets what is under way on the older one end`() async throws {
        let release = OneShot<Done>()
        var options = LinkPair.Options()
        options.answer = { request in
            if request.payload == [1] { _ = try? await release.wait() }
            return request.payload
        }
        try await LinkPair.run(options) { pair in
            let node = try await pair.connect()
            async let slow = pair.edge.request([1], to: node, deadline: nil)
            while await pair.hub.statistics().streams < 2 {
                try Task.checkCancellation()
            }
            _ = try await pair.connect()
            #expect(try await pair.edge.request([2], to: node, deadline: nil) == [2])
            #expect(await pair.edge.statistics().connections == 2)
            release.open(Done())
            let answer = try await slow
            #expect(answer == [1])
            #expect(try await pair.edgeLinks.closed.wait().message == "there is a newer connection")
            while await pair.hub.statistics().connections > 1 {
                try Task.checkCancellation()
            }
            #expect(try await pair.edge.request([3], to: node, deadline: nil) == [3])
        }
    }

    @Test func `proves a renewed certificate, which no ticket of before does`() async throws {
        try await LinkPair.run { pair in
            let before = try await pair.edge.connect(toOneOf: [pair.hubAddress], serverName: .dns("localhost"))
            // A ticket comes behind the handshake.
            try await pair.clock.sleep(for: .milliseconds(50))
            let renewed = try pair.authority.credentials(.edge, "laptop-7")
            try await pair.edge.use(renewed)
            let after = try await pair.edge.connect(toOneOf: [pair.hubAddress], serverName: .dns("localhost"))
            #expect(after.link > before.link && !after.isResumed)
            #expect(try await pair.ask(after.node))
            let shown = try Certificate(der: renewed.chain[0])
            while true {
                let seen = pair.hubLinks.opened.withLock { $0.map(\.certificate.serial) }
                if seen.count == 2 {
                    #expect(seen.last == shown.serial)
                    break
                }
            }
        }
    }

    @Test func `is retired by itself where that is asked for`() async throws {
        try await LinkPair.run { pair in
            let peer = try await pair.edge.connect(toOneOf: [pair.hubAddress], serverName: .dns("localhost"))
            await pair.edge.retire(peer.link)
            #expect(try await pair.edgeLinks.closed.wait().side == .us)
            #expect(await pair.edge.connectedNodes().isEmpty)
            #expect(await pair.edge.statistics(of: peer.link) == nil)
        }
    }

    @Test func `ends one of somebody else with the same identity, who would never retire it`() async throws {
        try await LinkPair.run { pair in
            let hello = try Stranger.hello()
            var strangers: [Stranger] = []
            for _ in 0..<2 {
                let stranger = Stranger { $0.openStream()?.write(hello) }
                try await stranger.connect(to: pair)
                strangers.append(stranger)
                let count = strangers.count
                while pair.hubLinks.opened.withLock({ $0.count }) < count {}
            }
            let begin = pair.clock.now
            let reason = try await pair.hubLinks.closed.wait()
            #expect(reason.message == "replaced by a newer connection of the same node")
            #expect(pair.clock.now - begin > Limits.Link.replacedPatience - .seconds(5))
            for stranger in strangers { await stranger.end(on: pair.loop) }
        }
    }

    @Test func `closes the oldest where a node dials again and again and says no farewell`() async throws {
        try await LinkPair.run { pair in
            let hello = try Stranger.hello()
            var strangers: [Stranger] = []
            for _ in 0..<(Limits.Link.maximumBeside + 3) {
                let stranger = Stranger { $0.openStream()?.write(hello) }
                try await stranger.connect(to: pair)
                strangers.append(stranger)
                let count = strangers.count
                while pair.hubLinks.opened.withLock({ $0.count }) < count {}
            }
            #expect(try await pair.hubLinks.closed.wait().message == "replaced by newer connections")
            while await pair.hub.statistics().connections > Limits.Link.maximumBeside + 1 {
                try Task.checkCancellation()
            }
            for stranger in strangers { await stranger.end(on: pair.loop) }
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `Several addresses of a hub` {
    @Test func `are raced, and one that is silent costs a quarter of a second`() async throws {
        try await LinkPair.run { pair in
            // It takes nobody, and says nothing.
            let silent = try await LinkPair.transport(
                pair.loop,
                .loopbackIPv4(port: 0),
                accepts: false,
                try pair.authority.credentials(.edge, "silent"),
                pair.authority
            )
            let begin = pair.clock.now
            let addresses = [silent.localAddress, pair.hubAddress]
            let peer = try await pair.edge.connect(toOneOf: addresses, serverName: .dns("localhost"))
            #expect(pair.clock.now - begin < .seconds(5))
            #expect(try await pair.ask(peer.node))
            await silent.close()
        }
    }

    @Test func `make one link although all answer`() async throws {
        try await LinkPair.run { pair in
            let addresses = Array(repeating: pair.hubAddress, count: Limits.Endpoint.maximumRacedAddresses + 4)
            let peer = try await pair.edge.connect(toOneOf: addresses, serverName: .dns("localhost"))
            #expect(try await pair.ask(peer.node))
            #expect(pair.hubLinks.opened.withLock { $0.count } == 1)
        }
    }

    @Test func `fail with the words of the one that said no`() async throws {
        try await LinkPair.run { pair in
            let addresses = [pair.hubAddress]
            let error = await #expect(throws: QUICError.self) {
                _ = try await pair.edge.connect(toOneOf: addresses, serverName: .dns("elsewhere"))
            }
            #expect((error?.cause as? CloseReason)?.kind == .alert(42))
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `A hub that takes so many handshakes in a second` {
    @Test func `tells the others when to come again, and takes them then`() async throws {
        var options = LinkPair.Options()
        options.hub.handshakesPerSecond = 1
        try await LinkPair.run(options) { pair in
            var refusals: [Duration] = []
            for _ in 0..<24 {
                do throws(QUICError) {
                    _ = try await pair.edge.connect(toOneOf: [pair.hubAddress], serverName: .dns("localhost"))
                } catch {
                    let pause = (error.cause as? CloseReason)?.retryAfter
                    refusals.append(pause ?? .zero)
                }
            }
            #expect(refusals.count >= 4)
            #expect(!refusals.contains(.zero), "each was told when to come again")
            #expect(zip(refusals, refusals.dropFirst()).allSatisfy { $0 < $1 })
            try await pair.clock.sleep(for: .milliseconds(1_200))
            _ = try await pair.edge.connect(toOneOf: [pair.hubAddress], serverName: .dns("localhost"))
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `A hub whose rate of handshakes is changed` {
    @Test func `takes so many from then on`() async throws {
        var options = LinkPair.Options()
        options.hub.handshakesPerSecond = 1
        try await LinkPair.run(options) { pair in
            await pair.hub.use(handshakesPerSecond: 1_000)
            for _ in 0..<24 {
                _ = try await pair.edge.connect(toOneOf: [pair.hubAddress], serverName: .dns("localhost"))
            }
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `A peer that is believed no more` {
    @Test func `is cut off, and comes back neither by a ticket nor by a handshake`() async throws {
        let isRevoked = Lock(false)
        try await LinkPair.run { pair in
            let hub = try await QUICTransport(
                loop: pair.loop,
                address: .loopbackIPv4(port: 0),
                accepts: true,
                credentials: try pair.authority.credentials(.hub, "hub-2"),
                verifier: Revoking(verifier: pair.authority.verifier, isRevoked: isRevoked),
                software: "test/1",
                clock: pair.clock
            )
            let address = hub.localAddress
            let first = try await pair.edge.connect(toOneOf: [address], serverName: .dns("localhost"))
            #expect(!first.isResumed)
            try await pair.clock.sleep(for: .milliseconds(50))
            let second = try await pair.edge.connect(toOneOf: [address], serverName: .dns("localhost"))
            #expect(second.isResumed)
            try await pair.clock.sleep(for: .milliseconds(50))
            isRevoked.withLock { $0 = true }
            let begin = pair.clock.now
            await hub.recheckPeers()
            while await !pair.edge.connectedNodes().isEmpty {
                try Task.checkCancellation()
            }
            #expect(pair.clock.now - begin < .seconds(5))
            for attempt in ["with a ticket", "without"] {
                let error = await #expect(throws: QUICError.self) {
                    _ = try await pair.edge.connect(toOneOf: [address], serverName: .dns("localhost"))
                }
                #expect((error?.cause as? CloseReason)?.kind == .alert(44), "\(attempt): \(String(describing: error))")
            }
            isRevoked.withLock { $0 = false }
            _ = try await pair.edge.connect(toOneOf: [address], serverName: .dns("localhost"))
            await hub.close()
        }
    }
}

/// Believes as another does, and nobody while something is revoked.
private struct Revoking: PeerVerifier {
    let verifier: CertificateVerifier
    let isRevoked: Lock<Bool>

    func verify(
        chain: [[UInt8]],
        purpose: CertificatePurpose,
        serverName: ServerName?,
        now: WallTime
    ) throws(CertificateError) -> PeerCertificate {
        let peer = try verifier.verify(chain: chain, purpose: purpose, serverName: serverName, now: now)
        try recheck(peer, now: now)
        return peer
    }

    func recheck(_ peer: PeerCertificate, now: WallTime) throws(CertificateError) {
        if isRevoked.withLock({ $0 }) { throw CertificateError(.revoked, "'\(peer.identity)' has been revoked") }
    }
}
