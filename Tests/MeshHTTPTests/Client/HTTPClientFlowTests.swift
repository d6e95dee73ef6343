import MeshCore
import MeshHTTP
import MeshIO
import MeshTestKit
import Testing

@Suite struct `What the client takes, holds back and lets go of` {
    private static let stream = "HTTP/1.1 200 OK\r\n\r\n"

    @Test func `holds a server back while nobody reads`() async throws {
        try await ClientGround.with([.request(), .send(Self.stream), .flood]) { (ground: ClientGround) async throws in
            let body = try await ground.client.send(try ground.request()).body
            let first = try #require(try await body.next())
            // The library may have one more piece in its hands.
            #expect(first.count <= 2 * Limits.HTTPClient.bodyHighMark)
            // What the system takes on both sides of the loopback lies between; then it stands still.
            var sent = -1
            while let now = ground.server.heard.value.first?.sent, now != sent {
                sent = now
                try await ground.clock.sleep(for: .milliseconds(200))
            }
            var read = first.count
            while read < sent, let piece = try await body.next() {
                #expect(piece.count <= 2 * Limits.HTTPClient.bodyHighMark)
                read += piece.count
            }
            // Once it is read, more is sent.
            await ground.server.heard.wait { [sent] in ($0.first?.sent ?? 0) > sent }
            #expect(sent < 32_000_000)
        }
    }

    @Test func `tells the server at once when the task that reads is cancelled`() async throws {
        try await ClientGround.with([.request(), .send(Self.stream + "a")]) { (ground: ClientGround) async throws in
            let body = try await ground.client.send(try ground.request()).body
            #expect(try await body.next() == [97])
            let begun = Watched(false)
            let reading = Task {
                begun.change { $0 = true }
                return try await body.next()
            }
            await begun.wait { $0 }
            reading.cancel()
            await #expect(throws: HTTPError(.closed, "")) { try await reading.value }
            await ground.server.heard.wait { $0.first?.isClosed == true }
            #expect(await ground.client.counts().underWay == 0)
        }
    }

    @Test func `tells the server at once when the task that waits for the head is cancelled`() async throws {
        try await ClientGround.with([.request()]) { (ground: ClientGround) async throws in
            let request = try ground.request()
            let asking = Task { try await ground.client.send(request).status }
            await ground.server.heard.wait { $0.first?.text.hasSuffix("\r\n\r\n") == true }
            asking.cancel()
            let error = await #expect(throws: HTTPError(.closed, "")) { try await asking.value }
            #expect(error?.progress == .sent)
            await ground.server.heard.wait { $0.first?.isClosed == true }
        }
    }

    @Test func `does not let a cancelled task take what it has not read for the end`() async throws {
        try await ClientGround.with([.request(), .send(okHead)]) { (ground: ClientGround) async throws in
            let body = try await ground.client.send(try ground.request()).body
            while await ground.client.counts().underWay > 0 { await Task.yield() }
            let reading = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await body.next()
            }
            await #expect(throws: HTTPError(.closed, "")) { try await reading.value }
        }
    }

    @Test func `sends nothing for a task that is cancelled already`() async throws {
        try await ClientGround.with([.request()]) { (ground: ClientGround) async throws in
            let request = try ground.request()
            let asking = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await ground.client.send(request).status
            }
            await #expect(throws: HTTPError(.closed, "")) { try await asking.value }
            #expect(await ground.client.counts().underWay == 0)
        }
    }

    @Test func `tells the server at once when nobody holds the answer any more`() async throws {
        let script: [ScriptedServer.Step] = [.request(), .send(Self.stream + "a")]
        try await ClientGround.with(script) { (ground: ClientGround) async throws in
            #expect(try await ground.client.send(try ground.request()).status == .ok)
            await ground.server.heard.wait { $0.first?.isClosed == true }
            let body = try await ground.client.send(try ground.request()).body
            body.cancel()
            body.cancel()
            await #expect(throws: HTTPError(.closed, "")) { try await body.next() }
            await ground.server.heard.wait { $0.count == 2 && $0[1].isClosed }
            let ends = ground.events.value.compactMap {
                if case .finished(_, let code, _, _, _) = $0 { code } else { nil }
            }
            #expect(ends == [.closed, .closed])
        }
    }

    @Test func `refuses to collect more than is wanted, and stops the server`() async throws {
        let script: [ScriptedServer.Step] = [.request(), .send(Self.stream + "12345")]
        let declared: [ScriptedServer.Step] = [.request(), .send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n1")]
        try await ClientGround.with(script, declared) { (ground: ClientGround) async throws in
            for number in 0..<2 {
                let body = try await ground.client.send(try ground.request()).body
                await #expect(throws: HTTPError(.tooLarge, "")) { try await body.collect(upTo: 4) }
                await ground.server.heard.wait { $0.count > number && $0[number].isClosed }
            }
        }
    }

    @Test func `keeps a bounded number of connections to a server, and has the others wait their turn`() async throws {
        try await ClientGround.with(
            // Each connection could answer all: nothing says how they are shared out.
            (0..<6).flatMap { _ in [.request(), .send(okHead)] },
            configuration: .with { $0.connectionsPerHost = 2 }
        ) { (ground: ClientGround) async throws in
            let request = try ground.request()
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<6 { group.addTask { try await ground.answer(request).body } }
                for try await body in group { #expect(body == "ok") }
            }
            #expect(ground.server.heard.value.count == 2)
        }
    }

    @Test func `refuses a request where too many wait`() async throws {
        try await ClientGround.with(
            [.request()],
            configuration: .with { configuration in
                configuration.connectionsPerHost = 1
                configuration.waiting = 1
            }
        ) { (ground: ClientGround) async throws in
            let request = try ground.request()
            let first = Task { await ground.failure(request) }
            await ground.server.heard.wait { $0.first?.text.isEmpty == false }
            let second = Task { await ground.failure(request) }
            while await ground.client.counts().waiting == 0 { await Task.yield() }
            let error = await ground.failure(request)
            #expect(error == HTTPError(.tooMany, ""))
            #expect(error?.isSurelyNotSent == true)
            // Who waited gives up; who is under way is stopped.
            second.cancel()
            #expect(await second.value?.progress == .waiting)
            first.cancel()
            #expect(await first.value?.progress == .sent)
            #expect(await ground.client.counts() == (0, 0, 1))
        }
    }

    @Test func `keeps a bounded number of handles`() async throws {
        let count = Limits.HTTPClient.maximumSpareHandles + 10
        let script: [ScriptedServer.Step] = [.request(), .send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n")]
        try await ClientGround.with(
            script,
            configuration: .with { configuration in
                configuration.connectionsPerHost = count
                configuration.connections = count
            }
        ) { (ground: ClientGround) async throws in
            let request = try ground.request()
            let answers = try await withThrowingTaskGroup(of: ClientResponse.self) { group in
                for _ in 0..<count { group.addTask { try await ground.client.send(request) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(await ground.client.counts() == (count, 0, 0))
            for answer in answers { answer.body.cancel() }
            #expect(await ground.client.counts() == (0, 0, Limits.HTTPClient.maximumSpareHandles))
        }
    }

    @Test(.timeLimit(.minutes(1))) func `does twice only what may be done twice`() async throws {
        let first: [ScriptedServer.Step] = [.request(), .send(okHead), .request(), .finish]
        try await ClientGround.with(first, [], first, [.request(), .send(okHead)]) {
            (ground: ClientGround) async throws in
            #expect(try await ground.answer(try ground.request()).body == "ok")
            var order = try ground.request(.post)
            order.body = .bytes([97])
            let error = try #require(await ground.failure(order))
            #expect(error.code == .closed)
            #expect(error.progress == .sent)
            // The library has made another connection for a second try, and was kept from using it.
            // The server may see that connection only after the client has given it up.
            let heard = await ground.server.heard.wait { $0.count == 2 }
            #expect(heard.map { $0.text.components(separatedBy: "POST").count } == [2, 1])
            // The same for what may: it goes over a new connection, and nobody notices.
            #expect(try await ground.answer(try ground.request()).body == "ok")
            #expect(try await ground.answer(try ground.request()).body == "ok")
            #expect(ground.server.heard.value.count == 4)
        }
    }

    @Test func `fails all with stopping when it is closed, and everything after that`() async throws {
        try await ClientGround.with(
            [.request(), .send(Self.stream + "a")],
            configuration: .with { $0.connectionsPerHost = 1 }
        ) { (ground: ClientGround) async throws in
            let body = try await ground.client.send(try ground.request()).body
            #expect(try await body.next() == [97])
            let request = try ground.request()
            let waiting = Task { await ground.failure(request) }
            while await ground.client.counts().waiting == 0 { await Task.yield() }
            await ground.client.close()
            await ground.client.close()
            #expect(await waiting.value == HTTPError(.stopping, ""))
            await #expect(throws: HTTPError(.stopping, "")) { try await body.next() }
            #expect(await ground.failure(request) == HTTPError(.stopping, ""))
            await ground.server.heard.wait { $0.first?.isClosed == true }
            #expect(await ground.client.counts() == (0, 0, 0))
        }
    }

    @Test func `lives as long as somebody reads an answer of it`() async throws {
        let loop = try EventLoop.start(name: "client")
        let far = try EventLoop.start(name: "server")
        let script: [ScriptedServer.Step] = [
            .request(), .dribble("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n" + String(repeating: "a", count: 50)),
        ]
        let server = try await far.run { try ScriptedServer(far, scripts: [script]) }
        var client: HTTPClient? = try await HTTPClient(loop: loop)
        let url = try ClientURL("http://127.0.0.1:\(server.port)/")
        let body = try #require(try await client?.send(ClientRequest(.get, url)).body)
        client = nil
        #expect(try await body.collect(upTo: 50).count == 50)
        try await far.run { server.close() }
        for loop in [loop, far] {
            loop.stop()
            await loop.ended()
        }
    }
}
