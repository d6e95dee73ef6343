import MeshCore
import MeshHTTP
import MeshIO
import MeshTestKit
import Testing

@Suite struct `The patience of the client` {
    private func expect(
        _ script: [ScriptedServer.Step],
        accepts: Bool = true,
        _ text: String,
        _ progress: RequestProgress,
        scheme: String = "http",
        _ change: (inout ClientTimeouts) -> Void
    ) async throws {
        try await ClientGround.with(script, accepts: accepts) { (ground: ClientGround) async throws in
            var request = try ground.request(.get, "/", scheme)
            var timeouts = ClientTimeouts()
            change(&timeouts)
            request.timeouts = timeouts
            let begin = ground.clock.now
            let error = try #require(await ground.failure(request))
            #expect(error.code == .timedOut)
            #expect(error.message == text)
            #expect(error.progress == progress)
            let elapsed = ground.clock.now - begin
            #expect(elapsed >= .milliseconds(130) && elapsed < .seconds(5))
            if accepts { await ground.server.heard.wait { $0.first?.isClosed == true } }
        }
    }

    @Test func `ends with a server that never begins to speak TLS`() async throws {
        try await expect([.request()], "no connection in 150ms", .connecting, scheme: "https") {
            $0.connect = .milliseconds(150)
        }
    }

    @Test func `ends with a server that never answers`() async throws {
        try await expect([.request()], "the server did not begin to answer in 150ms", .sent) {
            $0.firstByte = .milliseconds(150)
        }
    }

    @Test func `ends with a server that says only that it goes on`() async throws {
        let script: [ScriptedServer.Step] = [.request(), .send("HTTP/1.1 100 Continue\r\n\r\n")]
        try await expect(script, "the server did not begin to answer in 150ms", .sent) {
            $0.firstByte = .milliseconds(150)
        }
    }

    @Test func `ends with a server that stops in the middle`() async throws {
        let script: [ScriptedServer.Step] = [.request(), .send("HTTP/1.1 200 OK\r\n\r\npart")]
        try await expect(script, "the server sent nothing of the body for 150ms", .answering) {
            $0.idle = .milliseconds(150)
        }
    }

    @Test func `ends with an answer that takes too long, however lively it is`() async throws {
        let script: [ScriptedServer.Step] = [.request(), .send("HTTP/1.1 200 OK\r\n\r\n"), .flood]
        try await ClientGround.with(script) { (ground: ClientGround) async throws in
            var request = try ground.request()
            request.timeouts = ClientTimeouts(whole: .milliseconds(150))
            let body = try await ground.client.send(request).body
            await #expect(throws: HTTPError(.timedOut, "")) { while try await body.next() != nil {} }
        }
    }

    @Test func `ends with a server that does not take the body`() async throws {
        try await ClientGround.with([.request()], accepts: false) { (ground: ClientGround) async throws in
            var request = try ground.request(.post)
            request.body = .bytes([UInt8](repeating: 0, count: 50_000_000))
            request.timeouts = ClientTimeouts(idle: .milliseconds(150))
            let error = try #require(await ground.failure(request))
            #expect(error.code == .timedOut)
            #expect(error.message == "the server took nothing of the body for 150ms")
        }
    }

    @Test func `does not count the time in which we are slow ourselves`() async throws {
        let script: [ScriptedServer.Step] = [.request(), .send("HTTP/1.1 200 OK\r\n\r\n"), .flood]
        try await ClientGround.with([.request(body: 1), .send(okHead), .finish], script) {
            (ground: ClientGround) async throws in
            var post = try ground.request(.post)
            post.body = .stream(length: 1, source: SlowBody(clock: ground.clock))
            // Longer than a busy machine holds a server up, and shorter than we are slow.
            post.timeouts = ClientTimeouts(firstByte: .seconds(2), idle: .seconds(2))
            #expect(try await ground.answer(post).body == "ok")
            var get = try ground.request()
            get.timeouts = ClientTimeouts(idle: .seconds(2))
            let body = try await ground.client.send(get).body
            for _ in 0..<2 {
                #expect(try await body.next() != nil)
                try await ground.clock.sleep(for: .milliseconds(2_500))
            }
        }
    }

    @Test func `ends with connections that nobody gives back`() async throws {
        try await ClientGround.with(
            [.request()],
            configuration: .with { $0.connectionsPerHost = 1 }
        ) { (ground: ClientGround) async throws in
            let request = try ground.request()
            let first = Task { await ground.failure(request) }
            await ground.server.heard.wait { $0.first?.text.isEmpty == false }
            var second = request
            second.timeouts = ClientTimeouts(waiting: .milliseconds(150))
            let error = try #require(await ground.failure(second))
            #expect(error.message == "no place among the connections in 150ms")
            #expect(error.isSurelyNotSent)
            first.cancel()
            _ = await first.value
        }
    }
}

/// A body of one byte, which comes late.
private final class SlowBody: RequestBodySource {
    private let clock: MachineClock
    private let isDone = Lock(false)

    init(clock: MachineClock) { self.clock = clock }

    func next() async throws(HTTPError) -> [UInt8]? {
        let wasDone = isDone.withLock { isDone in
            defer { isDone = true }
            return isDone
        }
        guard !wasDone else { return nil }
        try? await clock.sleep(for: .milliseconds(2_500))
        return [97]
    }
}
