import MeshCore
import MeshHTTP
import MeshIO
import MeshTestKit
import Testing

@Suite struct `A client that leaves` {
    /// What a handler is at when its client leaves.
    enum Occupation: String, CaseIterable, Sendable { case waiting, streaming, reading, conversing }

    /// How it leaves.
    enum Departure: CaseIterable, Sendable { case close, reset, halfClose }

    // How fast is measured between processes, where no other test is in the way: Tests/ProcessTests.
    @Test(.timeLimit(.minutes(1)), arguments: Occupation.allCases, Departure.allCases)
    func `has its handler cancelled`(_ occupation: Occupation, _ departure: Departure) async throws {
        let began = Watched(0)
        let isOver = Watched(false)
        let clocks = Watched<MachineClock?>(nil)
        try await ServerGround.run { request in
            began.change { $0 += 1 }
            guard let clock = await clocks.wait(for: { $0 != nil }) else { return HTTPResponse(.noContent) }
            return try await Self.work(occupation, request, clock, isOver)
        } _: { ground in
            clocks.change { $0 = ground.clock }
            let client = try ground.connect()
            client.send(Self.request(occupation))
            await began.wait { $0 > 0 }
            if occupation == .streaming || occupation == .conversing { _ = await client.readBytes(0) }
            switch departure {
            case .close: client.close()
            case .reset: client.reset()
            case .halfClose: client.endWriting()
            }
            await isOver.wait { $0 }
            if departure == .halfClose { client.close() }
        }
    }

    private static func request(_ occupation: Occupation) -> String {
        switch occupation {
        case .waiting, .streaming: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        case .reading: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nsome"
        case .conversing:
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        }
    }

    private static func work(
        _ occupation: Occupation,
        _ request: HTTPRequest,
        _ clock: MachineClock,
        _ isOver: Watched<Bool>
    ) async throws -> HTTPResponse {
        let note: @Sendable () -> Void = { isOver.change { $0 = true } }
        switch occupation {
        case .waiting:
            defer { note() }
            try await clock.sleep(for: .seconds(3_600))
            return HTTPResponse(.noContent)
        case .reading:
            defer { note() }
            while try await request.body.next() != nil {}
            return HTTPResponse(.noContent)
        case .streaming:
            return HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    defer { note() }
                    try await writer.write("one")
                    try await clock.sleep(for: .seconds(3_600))
                }
            )
        case .conversing:
            return HTTPResponse(
                .switchingProtocols,
                body: .webSocket(subprotocol: nil) { socket in
                    defer { note() }
                    _ = try await socket.receive()
                }
            )
        }
    }
}

@Suite struct `A server that has limits` {
    private static func plain(_ text: String) -> HTTPResponse {
        HTTPResponse(type: "text/plain", bytes: Array(text.utf8))
    }

    private final class Events: HTTPServerObserver {
        let records = Watched<[HTTPRequestRecord]>([])
        let changes = Watched<[HTTPConnectionEvent]>([])

        func requestEnded(_ record: HTTPRequestRecord) { records.change { $0.append(record) } }

        func connectionChanged(_ event: HTTPConnectionEvent, client: SocketAddress) {
            changes.change { $0.append(event) }
        }
    }

    @Test func `answers 408 to a head that drips`() async throws {
        var configuration = ServerConfiguration.patient
        configuration.timeouts.head = .milliseconds(50)
        try await ServerGround.run(configuration) { _ in
            Self.plain("")
        } _: { ground in
            let late = try await ground.exchange("GET / HTTP/1.1\r\nHo")
            #expect(late.hasPrefix("HTTP/1.1 408 "))
            // One who says nothing at all is not answered.
            #expect(try await ground.exchange("").isEmpty)
        }
    }

    @Test func `ends a connection that waits too long for its next request`() async throws {
        var configuration = ServerConfiguration.patient
        configuration.timeouts.idle = .milliseconds(50)
        try await ServerGround.run(configuration) { _ in
            Self.plain("x")
        } _: { ground in
            let answer = try await ground.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.hasSuffix("\r\n\r\nx"))
        }
    }

    @Test func `breaks off where nothing is taken for too long, and cancels the handler`() async throws {
        var configuration = ServerConfiguration.patient
        configuration.timeouts.writeStall = .milliseconds(50)
        let ended = Watched(false)
        let events = Events()
        try await ServerGround.run(configuration, observer: events) { _ in
            HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    defer { ended.change { $0 = true } }
                    while true { try await writer.write([UInt8](repeating: 0, count: 65_536)) }
                }
            )
        } _: { ground in
            let client = try ground.connect(receiveBytes: 4_096)
            defer { client.close() }
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await ended.wait { $0 }
            await events.changes.wait { $0.contains(.timedOut) }
            await events.records.wait { $0.count == 1 }
        }
    }

    @Test func `takes no more connections of one address than allowed`() async throws {
        #expect(ServerConfiguration().maximumConnectionsPerAddress == Limits.HTTPServer.maximumConnectionsPerAddress)
        var configuration = ServerConfiguration.patient
        configuration.maximumConnectionsPerAddress = 2
        let events = Events()
        try await ServerGround.run(configuration, observer: events) { _ in
            Self.plain("x")
        } _: { ground in
            let first = try ground.connect()
            let second = try ground.connect()
            await events.changes.wait { $0.filter { $0 == .opened }.count == 2 }
            let third = try ground.connect()
            #expect(await third.readToEnd() != "x")
            await events.changes.wait { $0.contains(.refused) }
            first.close()
            await events.changes.wait { $0.contains(.closed) }
            #expect(try await ground.exchange("GET / HTTP/1.0\r\n\r\n").hasSuffix("x"))
            second.close()
            third.close()
        }
    }

    @Test func `lets those beyond its bound wait until another leaves`() async throws {
        #expect(ServerConfiguration().maximumConnections == Limits.HTTPServer.maximumConnections)
        var configuration = ServerConfiguration.patient
        configuration.maximumConnections = 1
        try await ServerGround.run(configuration) { _ in
            Self.plain("x")
        } _: { ground in
            let first = try ground.connect()
            first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = await first.readAnswer()
            let second = try ground.connect()
            second.send("GET / HTTP/1.0\r\n\r\n")
            #expect(await ground.server.statistics().connections == 1)
            first.close()
            #expect(await second.readToEnd().hasSuffix("x"))
            second.close()
        }
    }

    @Test func `has a bound on its listeners`() async throws {
        try await ServerGround.run { _ in
            Self.plain("x")
        } _: { ground in
            for _ in 1..<Limits.HTTPServer.maximumListeners {
                _ = try await ground.server.listen(at: .loopbackIPv4(port: 0))
            }
            await #expect(throws: IOError(.tooMany, "")) {
                try await ground.server.listen(at: .loopbackIPv4(port: 0))
            }
        }
    }

    @Test func `tells of each request once, without its query`() async throws {
        let events = Events()
        try await ServerGround.run(observer: events) { request in
            Self.plain("\(try await request.body.collect(upTo: 10).count)")
        } _: { ground in
            let text = "POST /p?secret=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nX-Request-ID: r\r\n\r\nabc"
            _ = try await ground.exchange(text + "nonsense\r\n\r\n")
            let records = await events.records.wait { $0.count == 2 }
            #expect(records[0].path == "/p" && records[0].id == "r" && records[0].method == "POST")
            #expect(records[0].status == .ok && records[0].bytesIn == 3 && records[0].bytesOut == 1)
            #expect(records[1].status == .badRequest && records[1].path.isEmpty)
        }
    }
}

@Suite struct `A server that stops` {
    @Test func `closes who waits, and lets who is being answered have the answer`() async throws {
        let gate = Watched(false)
        let began = Watched(false)
        try await ServerGround.run { _ in
            began.change { $0 = true }
            _ = await gate.wait { $0 }
            return HTTPResponse(type: "text/plain", bytes: Array("done".utf8))
        } _: { ground in
            let idle = try ground.connect()
            let busy = try ground.connect()
            busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await began.wait { $0 }
            async let stopping: Void = ground.server.stop()
            #expect(await idle.readToEnd().isEmpty)
            #expect(throws: IOError.self) { _ = try ground.connect() }
            gate.change { $0 = true }
            let answer = await busy.readToEnd()
            #expect(answer.contains("connection: close") && answer.hasSuffix("done"))
            busy.close()
            await stopping
            idle.close()
            let statistics = await ground.server.statistics()
            #expect(statistics.connections == 0 && statistics.handlers == 0)
        }
    }

    @Test func `cancels who takes too long`() async throws {
        var configuration = ServerConfiguration.patient
        configuration.stopping = .milliseconds(50)
        let began = Watched(false)
        let clocks = Watched<MachineClock?>(nil)
        try await ServerGround.run(configuration) { _ in
            began.change { $0 = true }
            try await clocks.wait { $0 != nil }?.sleep(for: .seconds(3_600))
            return HTTPResponse(.noContent)
        } _: { ground in
            clocks.change { $0 = ground.clock }
            let client = try ground.connect()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await began.wait { $0 }
            await ground.server.stop()
            #expect(await client.readToEnd().isEmpty)
            client.close()
        }
    }
}
