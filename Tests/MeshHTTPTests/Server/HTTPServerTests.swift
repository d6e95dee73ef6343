import MeshCore
import MeshHTTP
import MeshIO
import MeshTestKit
import Testing

@Suite struct `A server` {
    private static func plain(_ text: String) -> HTTPResponse {
        HTTPResponse(type: "text/plain", bytes: Array(text.utf8))
    }

    private static func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    @Test func `answers with what the handler returns, the date and the name of the request`() async throws {
        try await ServerGround.run { request in
            Self.plain("\(request.method.name) \(request.target.text) \(request.authority) \(request.client.isSecure)")
        } _: { ground in
            let answer = try await ground.exchange(Self.get("/x?y", "X-Request-ID: mine\r\nConnection: close\r\n"))
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\ndate: "))
            #expect(answer.contains("\r\nx-request-id: mine\r\n"))
            #expect(answer.contains("\r\ncontent-length: 16\r\n"))
            #expect(answer.contains("\r\nconnection: close\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nGET /x?y a false"))
        }
    }

    @Test func `answers requests of one connection one after the other, in their order`() async throws {
        try await ServerGround.run { request in
            // The first takes longest.
            if request.target.text == "/1" { await Task.yield() }
            return Self.plain("<\(request.target.text)>")
        } _: { ground in
            let paths = (1...50).map { "/\($0)" }
            let answer = try await ground.exchange(
                paths.map { Self.get($0) }.joined() + Self.get("/end", "Connection: close\r\n")
            )
            let bodies = answer.split(separator: "<").dropFirst().map { $0.prefix { $0 != ">" } }
            #expect(bodies.map(String.init) == paths + ["/end"])
        }
    }

    @Test func `answers all of many requests that come at once, although their answers are more than may wait`()
        async throws
    {
        let text = String(repeating: "x", count: 200)
        // What is forgotten ends with the connection, which is then idle for too long.
        var configuration = ServerConfiguration.patient
        configuration.timeouts.idle = .seconds(10)
        try await ServerGround.run(configuration) { _ in
            Self.plain(text)
        } _: { ground in
            // Their answers are several times the bound, and nothing comes behind them.
            let count = 8 * Limits.HTTPServer.outputHighBytes / 400
            let client = try ground.connect()
            defer { client.close() }
            async let answers = client.readToEnd()
            client.send(String(repeating: Self.get("/"), count: count) + Self.get("/", "Connection: close\r\n"))
            #expect(
                await answers.split(separator: "\r\n\r\n" + text, omittingEmptySubsequences: false).count == count + 2
            )
        }
    }

    @Test func `calls requests by names of its own where clients are not believed`() async throws {
        var configuration = ServerConfiguration.patient
        configuration.believesRequestIDs = false
        try await ServerGround.run(configuration) {
            Self.plain("<\($0.id)>")
        } _: { ground in
            let answer = try await ground.exchange(Self.get("/", "X-Request-ID: mine\r\nConnection: close\r\n"))
            #expect(!answer.contains("mine"))
            #expect(answer.contains("x-request-id: "))
        }
    }

    @Test func `turns refusals and errors into one shape, and says nothing of the latter`() async throws {
        struct Secret: Error {}
        try await ServerGround.run { request in
            if request.target.text == "/no" { throw HTTPRefusal(.forbidden, "not_yours", "this is not yours") }
            throw Secret()
        } _: { ground in
            let client = try ground.connect()
            defer { client.close() }
            client.send(Self.get("/no", "X-Request-ID: r\r\n"))
            let refused = await client.readAnswer()
            #expect(refused.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
            let body = #"{"error":{"code":"not_yours","message":"this is not yours","request_id":"r"}}"#
            #expect(refused.hasSuffix(body))
            client.send(Self.get("/fail"))
            let failed = await client.readAnswer()
            #expect(failed.hasPrefix("HTTP/1.1 500 "))
            #expect(!failed.contains("Secret"))
            #expect(ground.log.records.contains { $0.event.name == "http.request.failed" })
        }
    }

    @Test func `refuses what is malformed and lets the client read why`() async throws {
        try await ServerGround.run { _ in
            Self.plain("")
        } _: { ground in
            let answer = try await ground.exchange("GET / HTTP/1.1\r\n\r\n" + String(repeating: "x", count: 100_000))
            #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(answer.contains("connection: close"))
            #expect(!answer.contains("<error"))
        }
    }

    @Test func `sends no body for HEAD and none with 204`() async throws {
        try await ServerGround.run { request in
            switch request.target.text {
            case "/none": HTTPResponse(.noContent)
            case "/stream":
                HTTPResponse(.ok, body: .stream(length: 9) { _ in Issue.record("nobody wants a body") })
            default: Self.plain("body")
            }
        } _: { ground in
            let text =
                "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + Self.get("/none") + "HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n"
                + Self.get("/", "Connection: close\r\n")
            let answer = try await ground.exchange(text)
            let lengths = answer.split(separator: "\r\n").filter { $0.hasPrefix("content-length") }
            #expect(lengths == ["content-length: 4", "content-length: 9", "content-length: 4"])
            #expect(answer.ranges(of: "body").count == 1)
        }
    }

    @Test func `speaks HTTP/1.0 with those who do`() async throws {
        try await ServerGround.run { request in
            guard request.target.text == "/stream" else { return Self.plain("x") }
            return HTTPResponse(.ok, body: .stream(length: nil) { try await $0.write("until the end") })
        } _: { ground in
            let kept = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
            let answer = try await ground.exchange(kept + "GET /stream HTTP/1.0\r\n\r\n")
            #expect(answer.contains("connection: keep-alive"))
            #expect(answer.contains("connection: close"))
            #expect(!answer.contains("chunked"))
            #expect(answer.hasSuffix("\r\n\r\nuntil the end"))
        }
    }

    @Test func `streams in chunks, and breaks off where the stream does`() async throws {
        struct Broken: Error {}
        try await ServerGround.run { request in
            HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    if request.target.text == "/early" { throw HTTPRefusal(.badGateway, "gone", "nobody is there") }
                    try await writer.write("one")
                    try await writer.write("")
                    try await writer.write("three")
                    if request.target.text == "/late" { throw Broken() }
                }
            )
        } _: { ground in
            let whole = try await ground.exchange(Self.get("/", "Connection: close\r\n"))
            #expect(whole.hasSuffix("\r\n\r\n3\r\none\r\n5\r\nthree\r\n0\r\n\r\n"))
            let early = try await ground.exchange(Self.get("/early", "Connection: close\r\n"))
            #expect(early.hasPrefix("HTTP/1.1 502 "))
            let late = try await ground.exchange(Self.get("/late"))
            #expect(late.hasSuffix("\r\n5\r\nthree\r\n"))
        }
    }

    @Test func `begins a stream before its handler has returned, and lets nothing else follow`() async throws {
        try await ServerGround.run { request in
            let path = request.target.text
            let head = HTTPResponse(.ok, fields: [.contentType: "text/first"])
            if let writer = await request.early?.begin(head), path != "/silent" { try await writer.write("one") }
            if path == "/refused" { throw HTTPRefusal(.badGateway, "gone", "nobody is there") }
            guard path == "/stream" else { return Self.plain("whole") }
            return HTTPResponse(
                .notFound,
                fields: [.contentType: "text/second"],
                body: .stream(length: nil) { try await $0.write("three") }
            )
        } _: { ground in
            let stream = try await ground.exchange(Self.get("/stream") + Self.get("/silent", "Connection: close\r\n"))
            #expect(stream.hasPrefix("HTTP/1.1 200 ") && stream.contains("text/first"))
            #expect(stream.contains("\r\n\r\n3\r\none\r\n5\r\nthree\r\n0\r\n\r\n"))
            #expect(!stream.contains("text/second") && stream.hasSuffix("\r\n\r\nwhole"))
            for path in ["/refused", "/whole"] {
                let broken = try await ground.exchange(Self.get(path))
                #expect(broken.hasSuffix("\r\n\r\n3\r\none\r\n"), "\(path)")
            }
        }
    }

    @Test func `holds a stream to the length that it said`() async throws {
        try await ServerGround.run { request in
            HTTPResponse(
                .ok,
                body: .stream(length: 5) { writer in
                    try await writer.write("123")
                    if request.target.text == "/long" { try await writer.write("456") }
                    if request.target.text == "/exact" { try await writer.write("45") }
                }
            )
        } _: { ground in
            let exact = try await ground.exchange(Self.get("/exact", "Connection: close\r\n"))
            #expect(exact.hasSuffix("\r\n\r\n12345"))
            for path in ["/long", "/short"] {
                let broken = try await ground.exchange(Self.get(path))
                #expect(broken.hasSuffix("\r\n\r\n123"))
            }
        }
    }
}
