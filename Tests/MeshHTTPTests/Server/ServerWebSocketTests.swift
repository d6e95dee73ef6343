import MeshCore
import MeshHTTP
import MeshIO
import MeshTestKit
import Testing

@Suite struct `A WebSocket of a server` {
    private static func handshake(_ fields: String = "") -> String {
        "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(fields)\r\n"
    }

    /// A frame as a client sends it, masked with zeros.
    private static func frame(_ opcode: UInt8, _ payload: String = "") -> [UInt8] {
        precondition(payload.utf8.count < 126, "short ones only")
        return [0x80 | opcode, 0x80 | UInt8(payload.utf8.count), 0, 0, 0, 0] + Array(payload.utf8)
    }

    /// A frame as a server sends it.
    private static func answer(_ opcode: UInt8, _ payload: String) -> String {
        String(decoding: [0x80 | opcode, UInt8(payload.utf8.count)] + Array(payload.utf8), as: UTF8.self)
    }

    private static func conversation(
        _ converse: @escaping @Sendable (any WebSocket) async throws -> Void
    ) -> HTTPResponse {
        HTTPResponse(.switchingProtocols, body: .webSocket(subprotocol: nil, converse: converse))
    }

    @Test func `takes messages that come right behind the handshake`() async throws {
        try await ServerGround.run { _ in
            Self.conversation { socket in
                while let message = try await socket.receive() { try await socket.send(message) }
            }
        } _: { ground in
            let client = try ground.connect()
            defer { client.close() }
            client.send(Array(Self.handshake().utf8) + Self.frame(1, "one") + Self.frame(1, "two"))
            let text = await client.read { $0.contains("two") }
            #expect(text.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(text.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
            #expect(text.contains("connection: upgrade\r\n"))
            #expect(text.contains(Self.answer(1, "one") + Self.answer(1, "two")))
            client.send(Self.frame(8))
            _ = await client.readToEnd()
        }
    }

    @Test func `is refused to those who do not ask in order, and to pages of others`() async throws {
        try await ServerGround.run { _ in
            Self.conversation { _ in Issue.record("nobody may converse") }
        } _: { ground in
            let close = "Connection: close\r\n"
            let plain = try await ground.exchange("GET /ws HTTP/1.1\r\nHost: a\r\n\(close)\r\n")
            #expect(plain.hasPrefix("HTTP/1.1 426 "))
            let foreign = try await ground.exchange(Self.handshake("Origin: http://b\r\nConnection: close\r\n"))
            #expect(foreign.hasPrefix("HTTP/1.1 403 "))
        }
    }

    @Test func `lets pages in that it is told of`() async throws {
        for (origins, isAllowed) in [
            (WebSocketOrigins.sameHost, false), (.sameHostAnd(["https://b"]), true),
            (.sameHostAnd(["https://c"]), false),
            (.any, true),
        ] {
            var configuration = ServerConfiguration.patient
            configuration.webSocketOrigins = origins
            try await ServerGround.run(configuration) { _ in
                Self.conversation { _ in }
            } _: { ground in
                let client = try ground.connect()
                defer { client.close() }
                client.send(Self.handshake("Origin: https://b\r\n"))
                let answer = await client.read { $0.contains("\r\n\r\n") }
                #expect(answer.hasPrefix(isAllowed ? "HTTP/1.1 101 " : "HTTP/1.1 403 "), "\(origins)")
            }
        }
    }

    @Test func `gives its handler the last message of a client that leaves behind it`() async throws {
        let received = Watched<[WebSocketMessage]>([])
        let isOver = Watched(false)
        try await ServerGround.run { _ in
            Self.conversation { socket in
                defer { isOver.change { $0 = true } }
                while let message = try await socket.receive() { received.change { $0.append(message) } }
            }
        } _: { ground in
            let client = try ground.connect()
            client.send(Self.handshake())
            _ = await client.read { $0.hasSuffix("\r\n\r\n") }
            client.send(Self.frame(1, "commit") + Self.frame(8))
            client.close()
            await isOver.wait { $0 }
            #expect(received.value == [.text("commit")])
        }
    }

    @Test func `holds a client back whose messages nobody receives`() async throws {
        let gate = Watched(false)
        let received = Watched(0)
        try await ServerGround.run { _ in
            Self.conversation { socket in
                _ = await gate.wait { $0 }
                while try await socket.receive() != nil { received.change { $0 += 1 } }
            }
        } _: { ground in
            let client = try ground.connect()
            defer { client.close() }
            client.send(Self.handshake())
            _ = await client.read { $0.hasSuffix("\r\n\r\n") }
            let bound = Limits.HTTPServer.maximumMessagesWaiting
            for _ in 1..<bound { client.send(Self.frame(2, "x")) }
            client.send(Self.frame(9, "ping"))
            #expect(await client.read { $0.count > 1 } == Self.answer(10, "ping"))
            // One more fills it: what comes behind stays where it is.
            client.send(Self.frame(2, "x") + Self.frame(9, "late"))
            async let pong = client.read { $0.count > 1 }
            for _ in 0..<50 { try await ground.loop.run {} }
            #expect(received.value == 0)
            gate.change { $0 = true }
            #expect(await pong == Self.answer(10, "late"))
            await received.wait { $0 == bound }
        }
    }

    @Test func `that reads nothing is cut off`() async throws {
        var configuration = ServerConfiguration.patient
        configuration.timeouts.writeStall = .milliseconds(50)
        let sent = Watched(0)
        let failed = Watched(false)
        try await ServerGround.run(configuration) { _ in
            Self.conversation { socket in
                defer { failed.change { $0 = true } }
                while true {
                    try await socket.send(.binary([UInt8](repeating: 0, count: 10_000)))
                    sent.change { $0 += 10_000 }
                }
            }
        } _: { ground in
            let client = try ground.connect(receiveBytes: 4_096)
            defer { client.close() }
            client.send(Self.handshake())
            await failed.wait { $0 }
            #expect(sent.value < 16 << 20)
        }
    }

    @Test func `is told goodbye when the handler returns, fails, or the server stops`() async throws {
        struct Broken: Error {}
        try await ServerGround.run { request in
            Self.conversation { socket in
                switch request.target.text {
                case "/return": break
                case "/fail": throw Broken()
                default: while try await socket.receive() != nil {}
                }
            }
        } _: { ground in
            let returned = try await Self.goodbye(ground, "/return")
            #expect(returned == "136 2 3 232")
            let failed = try await Self.goodbye(ground, "/fail")
            #expect(failed == "136 2 3 243")
            let left = try await Self.goodbye(ground, "/stop", stopping: true)
            #expect(left == "136 2 3 233")
        }
    }

    /// The first bytes of the close frame, which are no UTF-8 by themselves.
    private static func goodbye(_ ground: ServerGround, _ path: String, stopping: Bool = false) async throws -> String {
        let client = try ground.connect()
        defer { client.close() }
        client.send(handshake().replacing("/ws", with: path))
        let head = await client.readBytes(0)
        async let stopped: Void = stop(ground, if: stopping)
        let code = await client.readBytes(4, behindHead: head)
        client.send(frame(8))
        _ = await stopped
        let end = code.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? 0
        return code[end...].prefix(4).map { "\($0)" }.joined(separator: " ")
    }

    private static func stop(_ ground: ServerGround, if isWanted: Bool) async {
        if isWanted { await ground.server.stop() }
    }
}
