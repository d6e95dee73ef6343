import MeshActors
import MeshCertificates
import MeshCore
import MeshIO
import MeshQUIC
import MeshTestKit
import MeshWire
import Testing

/// The listener for enrolment, at which anybody may knock: it answers one request, and bears everything else.
@Suite(.timeLimit(.minutes(1))) struct `The listener for enrolment` {
    /// A listener that echoes, with what the peer has shown.
    struct Porch {
        let loop: EventLoop
        let authority: SampleAuthority
        let listener: EnrolmentListener

        static func run(
            echoesAlone: Bool = false,
            patience: Duration = Limits.EnrolmentListener.requestPatience,
            _ body: @escaping @Sendable (Porch) async throws -> Void
        ) async throws {
            let loop = try EventLoop.start(name: "porch")
            defer { loop.stop() }
            let authority = try SampleAuthority(clock: MachineClock(loop: loop))
            let listener = try await EnrolmentListener(
                loop: loop,
                address: .loopbackIPv4(port: 0),
                credentials: try authority.credentials(.hub, "hub-1").showingAuthority(now: authority.clock.wallTime),
                verifier: try authority.verifier,
                requestPatience: patience,
                clock: authority.clock
            )
            let porch = Porch(loop: loop, authority: authority, listener: listener)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await listener.serve { call in
                        let shown = echoesAlone ? "" : call.peer?.identity.text ?? "nobody"
                        return call.payload + Array(shown.utf8)
                    }
                }
                while !(await listener.isServing()) {}
                do { try await body(porch) } catch {
                    await listener.close()
                    throw error
                }
                group.cancelAll()
            }
            await listener.close()
        }

        func ask(_ payload: [UInt8], credentials: NodeCredentials? = nil, from: SocketAddress? = nil) async throws
            -> [UInt8]
        {
            try await EnrolmentClient.ask(
                payload,
                at: listener.localAddress,
                credentials: credentials,
                verifier: try authority.verifier,
                patience: .seconds(10),
                loop: loop,
                clock: authority.clock,
                local: from
            )
        }

        func knock(_ acts: @escaping @Sendable (QUICConnection) -> Void = { _ in }) async throws -> Knocker {
            let knocker = Knocker(acts)
            try await knocker.connect(to: self)
            return knocker
        }
    }

    @Test func `answers who shows nothing, and who shows a certificate`() async throws {
        try await Porch.run { porch in
            #expect(try await porch.ask([1, 2]) == [1, 2] + Array("nobody".utf8))
            let credentials = try porch.authority.credentials(.edge, "laptop-7")
            let answer = try await porch.ask([3], credentials: credentials)
            #expect(answer == [3] + Array("spiffe://mesh/acme/edge/laptop-7".utf8))
        }
    }

    @Test func `refuses a certificate that it does not believe, though it needs none`() async throws {
        try await Porch.run { porch in
            let other = try SampleAuthority(clock: porch.authority.clock).credentials(.edge, "laptop-7")
            let error = await #expect(throws: QUICError.self) { _ = try await porch.ask([1], credentials: other) }
            #expect((error?.cause as? CloseReason)?.kind == .alert(48))
        }
    }

    @Test func `takes the largest request and answer, and none beyond`() async throws {
        let largest = [UInt8](repeating: 7, count: Limits.EnrolmentListener.maximumPayloadBytes)
        try await Porch.run(echoesAlone: true) { porch in
            let answer = try await porch.ask(largest)
            #expect(answer == largest)
            await #expect(throws: QUICError.self) { _ = try await porch.ask(largest + [1]) }
        }
    }

    /// What a client does in place of one request, and the code and the words with which it is let go.
    struct Rudeness: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: PeerErrorCode?
        let acts: @Sendable (QUICConnection) -> Void
    }

    static let rudenesses: [Rudeness] = [
        Rudeness(testDescription: "garbage", code: .unknownFrameType) { connection in
            connection.openStream()?.write([0xDE, 0xAD, 0xBE, 0xEF], isLast: true)
        },
        Rudeness(testDescription: "a hello", code: .unknownFrameType) { connection in
            connection.openStream()?.write(Stranger.frame(.hello, [0x80]))
        },
        Rudeness(testDescription: "an optional frame", code: .unknownFrameType) { connection in
            connection.openStream()?.write([0x90, 0, 0, 0, 0])
        },
        Rudeness(testDescription: "a request that announces too much", code: .frameTooLarge) { connection in
            connection.openStream()?.write([FrameType.enrolmentRequest.rawValue, 0, 1, 0, 1])
        },
        Rudeness(testDescription: "a request that is cut short", code: .protocolViolation) { connection in
            connection.openStream()?.write([FrameType.enrolmentRequest.rawValue, 0, 0, 0, 9, 1], isLast: true)
        },
        Rudeness(testDescription: "a header that is cut short", code: .protocolViolation) { connection in
            connection.openStream()?.write([FrameType.enrolmentRequest.rawValue], isLast: true)
        },
        Rudeness(testDescription: "an empty stream", code: .protocolViolation) { connection in
            connection.openStream()?.write([], isLast: true)
        },
        Rudeness(testDescription: "two requests", code: .protocolViolation) { connection in
            let frame = Stranger.frame(.enrolmentRequest, [1])
            connection.openStream()?.write(frame + frame, isLast: true)
        },
        Rudeness(testDescription: "a request that is taken back", code: .protocolViolation) { connection in
            let stream = connection.openStream()
            stream?.write([FrameType.enrolmentRequest.rawValue, 0])
            stream?.reset(code: 0)
        },
        Rudeness(testDescription: "silence", code: .protocolViolation) { _ in },
    ]

    @Test(arguments: rudenesses) func `lets go who does not ask as it should`(_ rudeness: Rudeness) async throws {
        try await Porch.run { porch in
            let knocker = try await porch.knock(rudeness.acts)
            let reason = try await knocker.closed.wait()
            #expect(reason.side == .peer, "\(reason)")
            if let code = rudeness.code { #expect(reason.kind == .application(UInt64(code.rawValue)), "\(reason)") }
            await knocker.end(on: porch.loop)
            #expect(await porch.listener.counts().closed == 1)
            #expect(try await porch.ask([1]).first == 1)
        }
    }

    @Test func `lets no second stream and no datagram be opened`() async throws {
        try await Porch.run { porch in
            let streams = Lock<[Bool]>([])
            let knocker = try await porch.knock { connection in
                streams.withLock { $0 = [connection.openStream() != nil, connection.openStream() != nil] }
                connection.send(datagram: [1])
            }
            _ = try await knocker.established.wait()
            #expect(streams.withLock { $0 } == [true, false])
            await knocker.end(on: porch.loop)
        }
    }

    @Test func `a network has a bounded number of connections, and another one is served all the same`() async throws {
        try await Porch.run(patience: .seconds(600)) { porch in
            var knockers: [Knocker] = []
            for _ in 0..<Limits.EnrolmentListener.maximumConnectionsOfNetwork {
                let knocker = try await porch.knock()
                _ = try await knocker.established.wait()
                knockers.append(knocker)
            }
            let error = await #expect(throws: QUICError.self) { _ = try await porch.ask([1]) }
            #expect((error?.cause as? CloseReason)?.side == .peer)
            let elsewhere = SocketAddress(ipv4: (127, 0, 0, 2), port: 0)
            #expect(try await porch.ask([1], from: elsewhere).first == 1)
            #expect(await porch.listener.counts().refused >= 1)
            for knocker in knockers { await knocker.end(on: porch.loop) }
            #expect(try await porch.ask([2]).first == 2)
        }
    }

    @Test func `its bounds leave room for those who mean it`() {
        #expect(
            Limits.EnrolmentListener.maximumConnections >= 8 * Limits.EnrolmentListener.maximumConnectionsOfNetwork
        )
        #expect(Limits.EnrolmentListener.maximumHandshakes <= Limits.EnrolmentListener.maximumConnections)
        #expect(Limits.EnrolmentListener.handshakesPerSecond >= Limits.EnrolmentListener.maximumHandshakes)
        #expect(Limits.EnrolmentListener.requestPatience < Limits.EnrolmentListener.answerPatience)
        // An answer with a chain and two authorities fits, and so does a request with a token.
        #expect(
            FrameType.enrolmentAnswer.registration?.maximumPayloadBytes == Limits.EnrolmentListener.maximumPayloadBytes
        )
        #expect(
            FrameType.enrolmentRequest.registration?.maximumPayloadBytes == Limits.EnrolmentListener.maximumPayloadBytes
        )
    }
}

/// A client of the listener without a certificate, which does what a test wants.
///
/// Touched on the loop alone.
final class Knocker: QUICConnectionHandler, @unchecked Sendable {
    let established = OneShot<Bool>()
    let closed = OneShot<CloseReason>()
    private let acts: @Sendable (QUICConnection) -> Void
    private var endpoint: QUICEndpoint?

    init(_ acts: @escaping @Sendable (QUICConnection) -> Void) { self.acts = acts }

    func connect(to porch: `The listener for enrolment`.Porch) async throws {
        let (authority, address, loop) = (porch.authority, porch.listener.localAddress, porch.loop)
        try await loop.run { [self] in
            let endpoint = try QUICEndpoint(
                loop: loop,
                address: .loopbackIPv4(port: 0),
                credentials: nil,
                verifier: authority.verifier,
                protocols: [.enrolment],
                clock: authority.clock
            )
            self.endpoint = endpoint
            _ = try endpoint.connect(to: address, serverName: nil, handler: self)
        }
    }

    func end(on loop: EventLoop) async {
        try? await loop.run { [self] in
            endpoint?.close()
            endpoint = nil
        }
    }

    func connectionEstablished(_ connection: QUICConnection) {
        acts(connection)
        established.open(true)
    }

    func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connectionHasStreamCredit(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}
    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) { closed.open(reason) }
}
