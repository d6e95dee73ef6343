import MeshCore
import MeshIO
import MeshTestKit
import Testing

/// What a server makes of peers that do not speak TLS; those that do are in Tests/ProcessTests/test_tls.py.
@Suite struct `A TLS handshake` {
    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "\u{16}\u{03}\u{01}\u{00}\u{04}\u{01}\u{00}\u{00}\u{00}",
        "\u{16}\u{03}\u{01}\u{7F}\u{7F}" + String(repeating: "x", count: 100),
        String(repeating: "\u{17}\u{03}\u{03}\u{00}\u{01}x", count: 50),
        "\u{00}\u{00}\u{00}\u{00}\u{00}",
    ])
    func `that is none fails, and the stream never opens`(words: String) async throws {
        try await withStreamServer(TLSGround.configuration()) { server, address, loop in
            let client = try StreamClient(to: address)
            defer { client.close() }
            client.write(words)
            let events = await server.events.wait { !$0.isEmpty }
            #expect(events == [.failed(.tlsRefused)])
            let side = await server.firstSide()
            #expect(try await loop.run { !side.socket.isOpen })
        }
    }

    @Test func `longer than a message may be fails`() async throws {
        try await withStreamServer(TLSGround.configuration()) { server, address, _ in
            let client = try StreamClient(to: address)
            defer { client.close() }
            let length = Limits.TLS.maximumHandshakeMessageBytes + 1
            let head: [UInt8] = [1, 0, UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF)]
            let pieces = [head + [UInt8](repeating: 0, count: 15_000), [UInt8](repeating: 0, count: 15_000)]
            for piece in pieces {
                client.write([0x16, 3, 1, UInt8(piece.count >> 8), UInt8(piece.count & 0xFF)] + piece)
            }
            #expect(await server.events.wait { !$0.isEmpty } == [.failed(.tlsRefused)])
        }
    }

    @Test func `that its peer leaves has lost the peer`() async throws {
        try await withStreamServer(TLSGround.configuration()) { server, address, _ in
            let client = try StreamClient(to: address)
            client.write([0x16, 3, 1])
            client.close()
            #expect(await server.events.wait { !$0.isEmpty } == [.failed(.peerLost)])
        }
    }

    @Test func `that does not begin waits for as long as the owner lets it, and nothing can be read or written`()
        async throws
    {
        try await withStreamServer(TLSGround.configuration()) { server, address, loop in
            let client = try StreamClient(to: address)
            defer { client.close() }
            let side = await server.firstSide()
            client.write([0x16, 3, 1, 0, 200])
            for _ in 0..<10 { try await loop.run {} }
            try await loop.run {
                #expect(side.socket.isSecure)
                #expect(side.socket.isHandshaking)
                #expect(side.socket.applicationProtocol == nil)
                side.readAll()
                side.write([1])
                #expect(side.output == [1])
                side.socket.close()
            }
            #expect(server.events.value.isEmpty)
            #expect(client.readSome() == [])
        }
    }

    @Test func `shares a turn with few others, and the loop does other things in between`() async throws {
        // Each takes microseconds at least, and so all of them longer than a turn has for them.
        let crowd = 400
        #expect(Limits.TLS.handshakeTimePerTurn == .microseconds(500))
        try await withStreamServer(TLSGround.configuration()) { server, address, loop in
            try await loop.run { server.listener.pause() }
            let clients = try (0..<crowd).map { _ in try StreamClient(to: address) }
            defer { for client in clients { client.close() } }
            for client in clients { client.write("no TLS at all\r\n\r\n") }
            let turns = try await loop.run {
                let turns = TurnCounts(loop, server)
                turns.begin()
                server.listener.resume()
                // All are accepted in one turn, so that all of them wait in the next one.
                for _ in 0...crowd / Limits.Streams.maximumAcceptsPerTurn { server.listener.ready(.readable) }
                return turns
            }
            await server.events.wait { $0.count == crowd }
            let counts = try await loop.run { turns.counts }
            let steps = zip(counts.dropFirst(), counts).map { $0 - $1 }.filter { $0 > 0 }
            #expect(steps.count > 2)
        }
    }
}

/// How many events a server has heard, turn by turn.
///
/// Sendable: confined to its loop.
private final class TurnCounts: TimerHandler, @unchecked Sendable {
    private let loop: EventLoop
    private let server: StreamServer
    private(set) var counts = [0]
    private lazy var timer = LoopTimer(handler: self)

    init(_ loop: EventLoop, _ server: StreamServer) {
        self.loop = loop
        self.server = server
    }

    func begin() { loop.schedule(timer, at: loop.now) }

    func timerFired(_ timer: LoopTimer) {
        counts.append(server.events.value.count)
        if counts.count < 10_000 { begin() }
    }
}
