import MeshCore
import MeshHTTP
import MeshTelemetry
import MeshTestKit
import Testing

@Suite("Middleware") struct MiddlewareTests {
    @Test func `lets in who presents one good key`() async throws {
        let router = Self.router([Authentication(Door())])
        for fields in [[.authorization: "Bearer good"], [.authorization: "bearer  good"], [.apiKey: "good"]]
            as [HTTPFields]
        {
            #expect(try await Self.answer(router, fields: fields).text == "anna")
        }
        let long = String(repeating: "x", count: Limits.Routing.maximumCredentialBytes)
        for (fields, code) in [
            ([:], "no_key"), ([.apiKey: "bad"], "bad_key"), ([.authorization: "Basic good"], "malformed_key"),
            ([.authorization: "good"], "malformed_key"), ([.authorization: "Bearer "], "malformed_key"),
            ([.authorization: "Bearer go od"], "malformed_key"), ([.apiKey: "göod"], "malformed_key"),
            ([.apiKey: long], "bad_key"), ([.apiKey: long + "x"], "malformed_key"),
        ] as [(HTTPFields, String)] {
            let response = try await Self.answer(router, fields: fields)
            #expect(response.status == .unauthorized)
            #expect(response.text?.contains(code) == true, "\(fields.all)")
            #expect(response.fields[.wwwAuthenticate] == "Bearer realm=\"meshnode\"")
        }
        for fields in [[.apiKey: "good", .authorization: "Bearer good"], [.apiKey: "good", .apiKey: "good"]]
            as [HTTPFields]
        {
            #expect(try await Self.answer(router, fields: fields).status == .badRequest)
        }
        let key = PresentedKey(secret: "hush")
        #expect(!"\(key) \(String(reflecting: key))".contains("hush"))
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains("hush"))
    }

    @Test func `says when to come again`() async throws {
        let router = Self.router([RateLimit(Turnstile(verdict: .refused(retryAfter: .milliseconds(1_001))))])
        let response = try await Self.answer(router)
        #expect(response.status == .tooManyRequests)
        #expect(response.fields[.retryAfter] == "2")
        #expect(try await Self.answer(Self.router([RateLimit(Turnstile(verdict: .admitted))])).status == .ok)
    }

    @Test func `takes no body beyond its limit, said or not`() async throws {
        var routes = RouterBuilder(middleware: [BodyLimit(maximumBytes: 4)])
        routes.on(.post, Path.at("/")) { request in
            var count = 0
            while let piece = try await request.body.next() { count += piece.count }
            return HTTPResponse(type: "text/plain", bytes: Array("\(count)".utf8))
        }
        let router = routes.build()
        for (declared, pieces, status) in [
            (4, [[1, 2], [3, 4]], .ok), (5, [], .contentTooLarge), (nil, [[1, 2], [3, 4]], .ok),
            (nil, [[1, 2], [3, 4], [5]], .contentTooLarge),
        ] as [(UInt64?, [[UInt8]], HTTPStatus)] {
            let body = RequestBody(declaredLength: declared, source: VolatileRequestBody(pieces))
            #expect(try await router.respond(to: TestRequest.make(.post, "/", body: body)).status == status)
        }
    }

    @Test func `cancels a handler that takes too long`() async throws {
        let clock = VirtualClock()
        let wasCancelled = Lock(false)
        var routes = RouterBuilder(middleware: [RequestDeadline(.seconds(3), clock: clock)])
        routes.on(.get, Path.at("slow")) { _ in
            do { try await clock.sleep(for: .seconds(9)) } catch {
                wasCancelled.withLock { $0 = true }
                throw error
            }
            return HTTPResponse(.ok)
        }
        routes.on(.get, Path.at("fast")) { _ in HTTPResponse(.ok) }
        let router = routes.build()
        #expect(try await router.respond(to: TestRequest.make(.get, "/fast")).status == .ok)
        #expect(clock.sleeperCount == 0)
        async let slow = router.respond(to: TestRequest.make(.get, "/slow"))
        while clock.sleeperCount < 2 { await Task.yield() }
        #expect(clock.advanceToNextDeadline())
        let response = try await slow
        #expect(response.status == .gatewayTimeout)
        #expect(wasCancelled.withLock { $0 })
        #expect(clock.now == .origin + .seconds(3))
    }

    @Test func `answers only to its own names and to addresses`() async throws {
        let router = Self.router([HostCheck(names: ["Node.Test"])])
        for host in ["node.test", "NODE.test:8080", "localhost:1", "127.0.0.1:80", "[::1]:80", "[::1]", "192.0.2.7"] {
            #expect(try await Self.answer(router, authority: host).status == .ok, "\(host)")
        }
        for host in [
            "", "evil.test", "node.test.evil.test", "node.test:x", "node.test:", ":80", "[::1", "[::1]x", "::1",
            "node.test:80:80", "127.0.0.1.evil.test", "[node.test]", "node.test@evil.test",
        ] { #expect(try await Self.answer(router, authority: host).status == .misdirectedRequest, "\(host)") }
    }

    @Test func `counts requests by pattern, and those under way until their body ends`() async throws {
        let registry = MetricRegistry()
        var routes = RouterBuilder(middleware: [AccessMetrics(registry: registry, clock: VirtualClock())])
        routes.on(.get, Path.at("s").value("id", Int.self)) { (_, _: Int) in
            HTTPResponse(.ok, body: .stream(length: nil) { try await $0.write("x") })
        }
        routes.on(.get, Path.at("gone")) { _ in throw CancellationError() }
        let router = routes.build()
        func lines(_ prefix: String) -> [String] {
            let text = String(decoding: PrometheusText.encode(registry), as: UTF8.self)
            return text.split(separator: "\n").map(String.init).filter { $0.hasPrefix(prefix) }
        }
        var response: HTTPResponse? = try await router.respond(to: TestRequest.make(.get, "/s/1"))
        #expect(lines("http_requests_under_way{") == [#"http_requests_under_way{route="/s/{id}"} 1"#])
        if case .stream(_, let produce) = response?.body { try await produce(ResponseWriter(VolatileResponseSink())) }
        response = nil
        #expect(lines("http_requests_under_way{") == [#"http_requests_under_way{route="/s/{id}"} 0"#])
        _ = try await router.respond(to: TestRequest.make(HTTPMethod("BREW"), "/pot/\u{41}"))
        await #expect(throws: CancellationError.self) { try await router.respond(to: TestRequest.make(.get, "/gone")) }
        #expect(
            lines("http_requests_total{") == [
                #"http_requests_total{route="/gone",method="GET",status="cancelled"} 1"#,
                #"http_requests_total{route="/s/{id}",method="GET",status="2xx"} 1"#,
                #"http_requests_total{route="none",method="other",status="4xx"} 1"#,
            ]
        )
        #expect(
            lines("http_request_duration_seconds_count{route=\"/s") == [
                #"http_request_duration_seconds_count{route="/s/{id}"} 1"#
            ]
        )
    }

    private static func router(_ middleware: [any Middleware]) -> Router {
        var routes = RouterBuilder(middleware: middleware)
        routes.on(.get, Path.at("/")) { request in
            HTTPResponse(type: "text/plain", bytes: Array((request[Door.Who.self] ?? "nobody").utf8))
        }
        return routes.build()
    }

    private static func answer(
        _ router: Router,
        fields: HTTPFields = [:],
        authority: String = "node.test"
    ) async throws -> HTTPResponse {
        try await router.respond(to: TestRequest.make(.get, "/", authority: authority, fields: fields))
    }

    private struct Turnstile: RateLimiter {
        let verdict: RequestAdmission
        func admit(_ request: HTTPRequest) -> RequestAdmission { verdict }
    }

    private struct Door: Authenticator {
        enum Who: RequestNote { typealias Value = String }
        typealias Principal = Who

        func principal(for key: PresentedKey?, of request: HTTPRequest) async throws -> String {
            guard let key else { throw HTTPRefusal(.unauthorized, "no_key", "say who you are") }
            guard key.secret == "good" else { throw HTTPRefusal(.unauthorized, "bad_key", "nobody has this key") }
            return "anna"
        }
    }
}
