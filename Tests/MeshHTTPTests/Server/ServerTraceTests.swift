import MeshCore
import MeshHTTP
import MeshIO
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The trace of a request` {
    private static let said = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    private static let id = "0af7651916cd43dd8448eb211c80319c"

    private static func get(_ fields: String = "", isLast: Bool = true) -> String {
        "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\(isLast ? "Connection: close\r\n" : "")\r\n"
    }

    private static func ours(_ request: HTTPRequest) -> HTTPResponse {
        HTTPResponse(type: "text/plain", bytes: Array("<\(TraceContext.current?.traceparent ?? "none")>".utf8))
    }

    /// What the handlers of an answer have seen.
    private static func seen(_ answer: String) -> [TraceContext?] {
        answer.split(separator: "<").dropFirst().map { TraceContext(traceparent: $0.prefix { $0 != ">" }.utf8) }
    }

    @Test func `is the client's, under a span of ours, and the client is told`() async throws {
        try await ServerGround.run(handler: Self.ours) { ground in
            let answer = try await ground.exchange(Self.get("Traceparent: \(Self.said)\r\n"))
            let trace = try #require(Self.seen(answer).first ?? nil)
            #expect(trace.traceID == Self.id && trace.isSampled)
            #expect(trace.span != 0xB7AD_6B71_6920_3331)
            #expect(answer.contains("\r\ntraceparent: \(trace.traceparent)\r\n"))
        }
    }

    @Test(arguments: [
        "", "traceparent: \r\n", "traceparent: 00-\(Self.id)-0000000000000000-01\r\n",
        "traceparent: \(Self.said)\r\ntraceparent: \(Self.said)\r\n", "tracestate: a=b\r\n",
    ])
    func `is new where the client says none that counts, and is the request's own number`(fields: String) async throws {
        try await ServerGround.run(handler: Self.ours) { ground in
            let answer = try await ground.exchange(Self.get(fields))
            let trace = try #require(Self.seen(answer).first ?? nil)
            #expect(trace.traceID != Self.id && !trace.isSampled)
            #expect(!answer.contains("traceparent: "))
            let name = try #require(answer.split(separator: "x-request-id: ").last?.prefix(36))
            #expect(trace.traceID == name.replacing("-", with: ""))
        }
    }

    @Test func `is new where clients are not believed`() async throws {
        var configuration = ServerConfiguration.patient
        configuration.believesRequestIDs = false
        try await ServerGround.run(configuration, handler: Self.ours) { ground in
            let answer = try await ground.exchange(Self.get("traceparent: \(Self.said)\r\n"))
            let trace = try #require(Self.seen(answer).first ?? nil)
            #expect(trace.traceID != Self.id)
        }
    }

    @Test func `is its own for each request of a connection, though each begins in the turn of the one before`()
        async throws
    {
        try await ServerGround.run { request in
            await Task.yield()
            return Self.ours(request)
        } _: { ground in
            let first = Self.get("traceparent: \(Self.said)\r\n", isLast: false)
            let answer = try await ground.exchange(first + Self.get(isLast: false) + Self.get())
            let ids = Self.seen(answer).map { $0?.traceID }
            #expect(ids.count == 3 && Set(ids).count == 3)
            #expect(ids.first == Self.id)
        }
    }

    @Test func `stands in the access log and in what the handler logs, wherever it is written`() async throws {
        struct Fault: Error {}
        let sink = VolatileLogSink()
        let log = AccessLog(logger: Logger(sink: sink, clock: VirtualClock(), minimumLevel: .info))
        try await ServerGround.run(observer: log) { request in
            await Task.yield()
            throw Fault()
        } _: { ground in
            _ = try await ground.exchange(Self.get("traceparent: \(Self.said)\r\n"))
            _ = try await ground.exchange("nonsense\r\n\r\n")
            let field = LogField(.trace, .text(Self.id))
            let failed = ground.log.records.filter { $0.event.name == "http.request.failed" }
            #expect(failed.map { $0.fields.filter { $0.key == .trace } } == [[field]])
            let requests = sink.records.filter { $0.event.name == "http.request" }
            #expect(requests.map { $0.fields.filter { $0.key == .trace } } == [[field], []])
        }
    }

    @Test func `stands beside the pattern of the route, and not what users call things`() async throws {
        var routes = RouterBuilder()
        routes.on(.get, Path.at("sessions").value("id", String.self)) { _, _ in HTTPResponse(.noContent) }
        let (router, sink) = (routes.build(), VolatileLogSink())
        #expect(router.pattern(of: "/sessions/anna") == "/sessions/{id}" && router.pattern(of: "/anna") == nil)
        let log = AccessLog(logger: Logger(sink: sink, clock: VirtualClock(), minimumLevel: .info), routes: router)
        try await ServerGround.run(observer: log) { request in
            try await router.respond(to: request)
        } _: { ground in
            for path in ["/sessions/anna", "/anna?b=anna"] {
                _ = try await ground.exchange("GET \(path) HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            }
            let requests = sink.records.filter { $0.event.name == "http.request" }
            let said = requests.map { $0.fields.filter { $0.key.name == "route" }.map(\.value) }
            #expect(said == [[.text("/sessions/{id}")], [.text("none")]])
            #expect(!"\(requests)".contains("anna"))
        }
    }

    @Test func `is sent to other servers only where that is configured, and the request's own counts`() async throws {
        let trace = try #require(TraceContext(traceparent: Self.said.utf8))
        let own = "00-ffffffffffffffffffffffffffffffff-b7ad6b7169203331-00"
        for sends in [false, true] {
            let script: [ScriptedServer.Step] = [.request(), .send(okHead), .request(), .send(okHead)]
            let configuration = ClientConfiguration.with { $0.sendsTrace = sends }
            try await ClientGround.with(script, configuration: configuration) { ground in
                var second = try ground.request()
                second.fields = [.traceparent: own]
                let requests = [try ground.request(), second]
                try await TraceContext.$current.withValue(trace) {
                    for request in requests { _ = try await ground.answer(request) }
                }
                let heard = try #require(ground.server.heard.value.first).text
                #expect(heard.contains("traceparent: \(Self.said)\r\n") == sends)
                #expect(heard.contains("traceparent: \(own)\r\n"))
            }
        }
    }
}
