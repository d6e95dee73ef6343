import MeshCore
import MeshHTTP
import MeshIO
import MeshTestKit
import Testing

@Suite struct `The client of HTTP` {
    @Test func `asks, reads the answer, and uses the connection again`() async throws {
        let script: [ScriptedServer.Step] = [.request(), .send(okHead), .request(), .send(okHead)]
        try await ClientGround.with(script) { (ground: ClientGround) async throws in
            var request = try ground.request(.get, "/a?b=c")
            request.fields = HTTPFields([
                ("accept", "text/plain"), ("x-empty", ""), ("x-blank", " \t"), ("connection", "close"),
                ("host", "evil"),
            ])
            let (response, body) = try await ground.answer(request)
            #expect(response.status == .ok)
            #expect(response.version == .http11)
            #expect(response.body.declaredLength == 2)
            #expect(body == "ok")
            #expect(try await ground.answer(try ground.request()).body == "ok")
            let heard = ground.server.heard.value
            #expect(heard.count == 1)
            let first = try #require(heard.first).text.components(separatedBy: "\r\n\r\n")[0]
            #expect(
                first.lines == [
                    "GET /a?b=c HTTP/1.1", "Host: 127.0.0.1:\(ground.server.port)", "accept: text/plain", "x-empty:",
                    "x-blank:", "user-agent: meshnode",
                ]
            )
            let origin = request.url.origin
            let told = ground.events.value
            #expect(told.first == .started(origin, .get))
            let reuse = told.compactMap { if case .connected(_, let isReused, _) = $0 { isReused } else { nil } }
            #expect(reuse == [false, true])
            let ends = told.compactMap {
                if case .finished(_, let failure, _, let received, _) = $0 { (failure, received) } else { nil }
            }
            #expect(ends.count == 2)
            #expect(ends.allSatisfy { $0.0 == nil && $0.1 == 2 })
        }
    }

    @Test func `reads an answer that comes byte by byte, with heads before it and trailers behind it`() async throws {
        let answer =
            "HTTP/1.1 103 Early\r\nx: y\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nlate: z\r\n\r\n"
        try await ClientGround.with([.request(), .dribble(answer)]) { (ground: ClientGround) async throws in
            let (response, body) = try await ground.answer(try ground.request())
            #expect(body == "abcde")
            #expect(response.fields.all.map(\.name) == ["transfer-encoding"])
            #expect(response.body.declaredLength == nil)
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"), ("HTTP/1.0 200 OK\r\n\r\nold", "old"),
        ("HTTP/1.1 204 No Content\r\n\r\n", ""), ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", ""),
        ("HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 3\r\n\r\nnot", "not"),
        ("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nraw", "raw"),
    ])
    func `takes an answer as it is, follows nobody and decompresses nothing`(answer: String, body: String) async throws
    {
        try await ClientGround.with([.request(), .send(answer), .finish]) { (ground: ClientGround) async throws in
            #expect(try await ground.answer(try ground.request()).body == body)
            #expect(ground.server.heard.value.count == 1)
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort", HTTPErrorCode.closed),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n", .closed),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", .closed),
        ("HTTP/1.1 200 OK\r\nx: ", .closed), ("", .closed),
        ("\u{0}\u{1}\u{2}garbage garbage garbage\r\n\r\n", .malformed),
        ("<html>old</html>", .malformed), ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", .malformed),
        ("HTTP/1.1 200 OK\r\na: b\r\n folded\r\n\r\n", .malformed), ("HTTP/1.1 999 What\r\n\r\n", .malformed),
        ("HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n", .malformed),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", .malformed),
    ])
    func `fails where the answer breaks off or breaks the rules`(answer: String, code: HTTPErrorCode) async throws {
        try await ClientGround.with([.request(), .send(answer), .finish]) { (ground: ClientGround) async throws in
            let error = try #require(await ground.failure(try ground.request()))
            #expect(error.code == code, "\(error.chain)")
            #expect(error.progress.map { $0 >= .sent } == true)
            #expect(!error.isSurelyNotSent)
        }
    }

    @Test(arguments: [("x", 200_000), ("x\r\na: ", 20_000), ("x\r\nHTTP/1.1 103 Early\r\n\r\na:", 1)])
    func `fails with a head that is too large`(part: String, count: Int) async throws {
        let answer = "HTTP/1.1 200 OK\r\na: \(String(repeating: part, count: count))\r\n\r\n"
        let code: HTTPErrorCode = count == 1 ? .malformed : .tooLarge
        try await ClientGround.with([.request(), .send(answer), .finish]) { (ground: ClientGround) async throws in
            let error = try #require(await ground.failure(try ground.request()))
            #expect(error.code == code)
            await ground.server.heard.wait { $0.first?.isClosed == true }
        }
    }

    @Test func `hands over what has arrived before it tells that the connection broke`() async throws {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart"
        try await ClientGround.with([.request(), .send(answer), .reset]) { (ground: ClientGround) async throws in
            let body = try await ground.client.send(try ground.request()).body
            #expect(try await body.next() == Array("part".utf8))
            let error = await #expect(throws: HTTPError(.closed, "")) { try await body.next() }
            #expect(error?.progress == .answering)
            await #expect(throws: HTTPError(.closed, "")) { try await body.next() }
        }
    }

    @Test func `says that nothing was sent where nobody listens or the name is none`() async throws {
        try await ClientGround.with([.request()]) { (ground: ClientGround) async throws in
            let nowhere = ClientRequest(.post, try ClientURL("http://127.0.0.1:1/?key=secret"), body: .bytes([1]))
            let error = try #require(await ground.failure(nowhere))
            #expect(error.code == .unreachable)
            #expect(error.isSurelyNotSent)
            #expect(!error.chain.contains("secret"))
            let nobody = ClientRequest(.get, try ClientURL("http://nobody.invalid/"))
            let unknown = try #require(await ground.failure(nobody))
            #expect(unknown.code == .unreachable)
            // Nobody listens at the port; of a name that is none, nobody knows.
            #expect((error.cause as? ClientFailure)?.isNobodyThere == true)
            #expect((unknown.cause as? ClientFailure)?.isNobodyThere == false)
        }
    }

    @Test func `sends bodies of bytes, small and large`() async throws {
        let large = String(repeating: "x", count: Limits.HTTPClient.bytesSentAtOnce + 1)
        let script: [ScriptedServer.Step] = [
            .request(body: 3), .send(okHead), .request(), .send(okHead), .request(body: large.utf8.count),
            .send(okHead),
        ]
        try await ClientGround.with(script) { (ground: ClientGround) async throws in
            for text in ["abc", "", large] {
                var request = try ground.request(.put)
                request.body = .bytes(Array(text.utf8))
                request.fields = [.contentType: "text/plain"]
                #expect(try await ground.answer(request).body == "ok")
            }
            let heard = try #require(ground.server.heard.value.first).text.components(separatedBy: "PUT / HTTP/1.1")
            #expect(heard.count == 4)
            #expect(heard[1].contains("Content-Length: 3\r\n") && heard[1].hasSuffix("\r\n\r\nabc"))
            #expect(heard[2].contains("Content-Length: 0\r\n"))
            #expect(
                heard[3].contains("Content-Length: \(large.utf8.count)\r\n") && heard[3].hasSuffix("\r\n\r\n\(large)")
            )
            #expect(heard.allSatisfy { !$0.lowercased().contains("expect") && !$0.contains("urlencoded") })
            let sent = ground.events.value.compactMap {
                if case .finished(_, _, let sent, _, _) = $0 { sent } else { nil }
            }
            #expect(sent == [3, 0, UInt64(large.utf8.count)])
        }
    }

    @Test func `sends a body piece by piece, pulled when it is wanted`() async throws {
        let chunked = "5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n"
        let script: [ScriptedServer.Step] = [
            .request(body: chunked.utf8.count), .send(okHead), .request(body: 11), .send(okHead),
        ]
        try await ClientGround.with(script) { (ground: ClientGround) async throws in
            for length in [nil, 11] as [UInt64?] {
                var request = try ground.request(.post)
                request.body = .stream(length: length, source: PiecedBody(["first", "second"]))
                #expect(try await ground.answer(request).body == "ok")
            }
            let heard = try #require(ground.server.heard.value.first).text.components(separatedBy: "POST / HTTP/1.1")
            #expect(heard[1].contains("Transfer-Encoding: chunked\r\n") && heard[1].hasSuffix("\r\n\r\n\(chunked)"))
            #expect(heard[2].contains("Content-Length: 11\r\n") && heard[2].hasSuffix("\r\n\r\nfirstsecond"))
        }
    }

    @Test func `fails with a body that fails, or is not as long as was said, and breaks the connection off`()
        async throws
    {
        let bodies: [(ClientRequest.Body, HTTPErrorCode)] = [
            (.stream(length: 9, source: PiecedBody(["short"])), .malformed),
            (.stream(length: 3, source: PiecedBody(["long"])), .malformed),
            (.stream(length: nil, source: PiecedBody(["a"], failure: HTTPError(.timedOut, "too slow"))), .timedOut),
        ]
        for (body, code) in bodies {
            try await ClientGround.with([.request()]) { (ground: ClientGround) async throws in
                var request = try ground.request(.post)
                request.body = body
                #expect(await ground.failure(request) == HTTPError(code, ""))
                await ground.server.heard.wait { $0.first?.isClosed == true }
            }
        }
    }

    @Test func `refuses what is no request`() async throws {
        try await ClientGround.with([.request()]) { (ground: ClientGround) async throws in
            for method in ["", "GET /", "A\r\nB", "CONNECT"] {
                let request = try ground.request(HTTPMethod(method))
                #expect(await ground.failure(request) == HTTPError(.malformed, ""))
            }
            var head = try ground.request(.head)
            head.body = .bytes([1])
            #expect(await ground.failure(head) == HTTPError(.malformed, ""))
            #expect(ground.server.heard.value.isEmpty)
        }
    }

    @Test func `knows methods without a body, and answers without one`() async throws {
        let script: [ScriptedServer.Step] = [
            .request(), .send("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n"), .request(), .send(okHead),
            .request(), .send(okHead),
        ]
        try await ClientGround.with(script) { (ground: ClientGround) async throws in
            let head = try await ground.client.send(try ground.request(.head))
            #expect(try await head.body.collect(upTo: 0) == [])
            #expect(head.fields[.contentLength] == "999")
            #expect(try await ground.answer(try ground.request(.delete)).body == "ok")
            #expect(try await ground.answer(try ground.request(HTTPMethod("PROPFIND"))).body == "ok")
            let heard = ground.server.heard.value
            #expect(heard.count == 1)
            let lines = heard[0].text.lines.filter { $0.hasSuffix("HTTP/1.1") }
            #expect(lines == ["HEAD / HTTP/1.1", "DELETE / HTTP/1.1", "PROPFIND / HTTP/1.1"])
        }
    }
}

extension HTTPFields {
    fileprivate init(_ pairs: [(String, String)]) {
        self.init()
        for (name, value) in pairs { if let name = HTTPFieldName(name) { append(name, value) } }
    }
}

extension String {
    var lines: [String] { components(separatedBy: "\r\n") }

    /// The parts between `separator`, without Foundation.
    func components(separatedBy separator: String) -> [String] {
        var parts = [""]
        var rest = utf8[...]
        let mark = Array(separator.utf8)
        var current: [UInt8] = []
        while let byte = rest.first {
            if rest.starts(with: mark) {
                parts[parts.count - 1] = String(decoding: current, as: UTF8.self)
                parts.append("")
                current = []
                rest = rest.dropFirst(mark.count)
            } else {
                current.append(byte)
                rest = rest.dropFirst()
            }
        }
        parts[parts.count - 1] = String(decoding: current, as: UTF8.self)
        return parts
    }
}
