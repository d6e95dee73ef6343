import MeshCore
import MeshHTTP
import MeshTelemetry
import MeshTestKit
import Testing

/// The router, its middleware, operators' paths and the page, as a node has them, behind a real server.
@Suite("The site of a node") struct NodeSiteTests {
    @Test func `answers over a connection what its routes say`() async throws {
        let registry = MetricRegistry()
        let site = Lock<Router?>(nil)
        let handler: @Sendable (HTTPRequest) async throws -> HTTPResponse = { request in
            let router = try #require(site.withLock { $0 })
            return try await router.respond(to: request)
        }
        try await ServerGround.run(handler: handler) { ground in
            site.withLock { $0 = Self.router(registry, ground.clock) }
            let page = try await ground.exchange(Self.get("/"))
            #expect(page.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(page.contains("\r\ncontent-security-policy: default-src 'none';"))
            #expect(page.hasSuffix("</html>\n"))
            let tag = try #require(StatusPage.files.first { $0.path == "/index.html" }).entityTag
            let unchanged = try await ground.exchange(Self.get("/", "if-none-match: \(tag)\r\n"))
            #expect(unchanged.hasPrefix("HTTP/1.1 304 Not Modified\r\n"))
            #expect(unchanged.hasSuffix("\r\n\r\n"))
            let health = try await ground.exchange(Self.get("/health", method: "HEAD"))
            #expect(health.contains("\r\ncontent-length: 18\r\n"))
            #expect(health.hasSuffix("\r\n\r\n"))
            let events = try await ground.exchange(Self.get("/events/7"))
            #expect(events.contains("\r\ncontent-type: text/event-stream\r\n"))
            #expect(events.contains("data: 7\n\n"))
            let lost = try await ground.exchange(Self.get("/lost", "x-request-id: mine\r\n"))
            #expect(lost.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
            #expect(lost.contains(#"{"error":{"code":"not_found","message":"there is no such path","request_id":"#))
            let foreign = try await ground.exchange("GET / HTTP/1.1\r\nhost: evil.test\r\nconnection: close\r\n\r\n")
            #expect(foreign.hasPrefix("HTTP/1.1 421 Misdirected Request\r\n"))
            let metrics = try await ground.exchange(Self.get("/metrics"))
            #expect(metrics.contains("\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n"))
            #expect(metrics.contains(#"http_requests_total{route="/events/{number}",method="GET",status="2xx"} 1"#))
            #expect(metrics.contains(#"http_requests_under_way{route="/events/{number}"} 0"#))
            #expect(metrics.contains(#"http_requests_total{route="none",method="GET",status="4xx"} 1"#))
        }
    }

    private static func router(_ registry: MetricRegistry, _ clock: any Clock) -> Router {
        let metrics = AccessMetrics(registry: registry, clock: clock)
        let hosts = HostCheck(names: ["node.test"])
        var routes = RouterBuilder(middleware: [metrics, hosts])
        Operations(checks: [], registry: registry, clock: clock).add(to: &routes)
        StaticFiles(StatusPage.files).add(to: &routes)
        routes.on(.get, Path.at("/events").value("number", Int.self)) { (_, number: Int) in
            HTTPResponse.events(clock: clock) { try await $0.send(ServerSentEvent("\(number)")) }
        }
        return routes.build()
    }

    private static func get(_ path: String, _ fields: String = "", method: String = "GET") -> String {
        "\(method) \(path) HTTP/1.1\r\nhost: node.test\r\nconnection: close\r\n\(fields)\r\n"
    }
}
