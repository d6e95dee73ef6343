import MeshCore
import MeshHTTP
import MeshTestKit
import Testing

@Suite("A router") struct RouterTests {
    @Test func `hands values of the path to handlers by their types`() async throws {
        var routes = RouterBuilder()
        routes.on(.get, Path.at("/v1/sessions").value("id", NodeID.self).at("messages").value("n", Int.self)) {
            (_, id: NodeID, number: Int) in Self.answer("\(id.text) \(number + 1)")
        }
        routes.on(.get, Path.at("things").value("id", UniqueID.self)) { (_, id: UniqueID) in Self.answer("\(id.high)") }
        routes.on(.get, Path.at("files").value("path", PathRest.self)) { (_, path: PathRest) in
            Self.answer(path.segments.joined(separator: "|"))
        }
        let router = routes.build()
        #expect(try await Self.text(router, "/v1/sessions/edge-1/messages/41") == "edge-1 42")
        #expect(try await Self.text(router, "/things/00000000-0000-0007-0000-000000000000") == "7")
        #expect(try await Self.text(router, "/files/a/b%20c") == "a|b c")
        #expect(try await Self.text(router, "/files") == "")
        for wrong in [
            "/v1/sessions/edge-1/messages/041", "/v1/sessions/edge-1/messages/+1", "/v1/sessions/Edge/messages/1",
            "/v1/sessions//messages/1", "/v1/sessions/edge-1/messages", "/v1/sessions/edge-1/messages/1/",
            "/things/7", "/nothing", "/V1/sessions/edge-1/messages/1",
        ] { #expect(try await Self.status(router, .get, wrong) == .notFound, "\(wrong)") }
        for malformed in ["/files/..", "/files/%2e%2e/x", "/files/a%2Fb", "/files/%00", "/files/%ff"] {
            #expect(try await Self.status(router, .get, malformed) == .badRequest, "\(malformed)")
        }
    }

    @Test func `takes a word before a value, and a value before all that is left`() async throws {
        var routes = RouterBuilder()
        routes.on(.get, Path.at("a/b/d")) { _ in Self.answer("word") }
        routes.on(.get, Path.at("a").value("x", String.self).at("c")) { (_, x: String) in Self.answer("value \(x)") }
        routes.on(.get, Path.at("a").value("all", PathRest.self)) { (_, all: PathRest) in
            Self.answer("rest \(all.segments.count)")
        }
        let router = routes.build()
        #expect(try await Self.text(router, "/a/b/d") == "word")
        #expect(try await Self.text(router, "/a/b/c") == "value b")
        #expect(try await Self.text(router, "/a/b/e") == "rest 2")
        #expect(try await Self.text(router, "/a") == "rest 0")
    }

    @Test func `says which methods are allowed`() async throws {
        var routes = RouterBuilder()
        routes.on(.get, Path.at("x")) { _ in Self.answer("get") }
        routes.on(.post, Path.at("x")) { _ in Self.answer("post") }
        routes.on(.post, Path.at("y")) { _ in Self.answer("post") }
        let router = routes.build()
        #expect(try await Self.text(router, "/x", .post) == "post")
        #expect(try await Self.text(router, "/x", .head) == "get")
        let refused = try await router.respond(to: TestRequest.make(.delete, "/x"))
        #expect(refused.status == .methodNotAllowed)
        #expect(refused.fields[.allow] == "GET, HEAD, OPTIONS, POST")
        #expect(try await Self.status(router, .head, "/y") == .methodNotAllowed)
        let options = try await router.respond(to: TestRequest.make(.options, "/y"))
        #expect(options.status == .noContent)
        #expect(options.fields[.allow] == "OPTIONS, POST")
        #expect(try await Self.status(router, .options, "*") == .noContent)
        #expect(try await Self.status(router, .get, "*") == .notFound)
    }

    @Test func `lets the middleware of a route see the methods that it does not take`() async throws {
        var routes = RouterBuilder()
        routes.group("", middleware: [Closed()]) { group in
            group.on(.post, Path.at("secret")) { _ in Self.answer("secret") }
            group.on(.post, Path.at("shared")) { _ in Self.answer("post") }
        }
        routes.on(.get, Path.at("shared")) { _ in Self.answer("get") }
        routes.group("twice") { group in group.on(.get, Path.at("open")) { _ in Self.answer("open") } }
        routes.group("twice", middleware: [Closed()]) { group in
            group.on(.get, Path.at("shut")) { _ in Self.answer("shut") }
        }
        let router = routes.build()
        for target in ["/secret", "/shared", "/twice/shut"] {
            for method in [HTTPMethod.put, .options] {
                let refused = try await router.respond(to: TestRequest.make(method, target))
                #expect(refused.status == .unauthorized, "\(method) \(target)")
                #expect(refused.fields[.allow] == nil, "\(method) \(target)")
            }
        }
        #expect(try await Self.text(router, "/shared") == "get")
        #expect(try await Self.status(router, .options, "/twice/open") == .noContent)
        #expect(try await Self.status(router, .put, "/twice/open") == .methodNotAllowed)
    }

    @Test func `understands encoded slashes in names alone`() async throws {
        var routes = RouterBuilder()
        routes.on(.get, Path.at("names").value("name", PathName.self)) { (_, name: PathName) in
            Self.answer(name.text)
        }
        routes.on(.get, Path.at("files").value("path", PathRest.self)) { (_, _: PathRest) in Self.answer("") }
        routes.on(.get, Path.at("one").value("a", String.self)) { (_, _: String) in Self.answer("") }
        routes.on(.get, Path.at("two").value("a", String.self).value("name", PathName.self)) {
            (_, _: String, name: PathName) in
            Self.answer(name.text)
        }
        let router = routes.build()
        for path in ["/names/a/b", "/names/a%2Fb", "/two/x/a%2Fb"] {
            #expect(try await Self.text(router, path) == "a/b", "\(path)")
        }
        for path in [
            "/files/a%2Fb", "/one/a%2Fb", "/two/x%2Fy/a", "/names/a%2F..%2Fb", "/names/..%2Fb", "/names%2Fa",
            "/names/%00",
        ] {
            #expect(try await Self.status(router, .get, path) == .badRequest, "\(path)")
        }
    }

    @Test func `looks up no path longer than its bound`() async throws {
        var routes = RouterBuilder()
        routes.on(.get, Path.at("").value("all", PathRest.self)) { (_, _: PathRest) in Self.answer("") }
        let router = routes.build()
        let longest = String(repeating: "/a", count: Limits.Routing.maximumSegments)
        #expect(try await Self.status(router, .get, longest) == .ok)
        #expect(try await Self.status(router, .get, longest + "/a") == .notFound)
    }

    @Test func `tells errors in the shape of their group`() async throws {
        let sink = VolatileLogSink()
        let logger = Logger(sink: sink, clock: VirtualClock(), minimumLevel: .info)
        var routes = RouterBuilder(logger: logger)
        routes.on(.get, Path.at("secret")) { _ in throw Leak(text: "password") }
        routes.on(.get, Path.at("busy")) { _ in
            throw HTTPRefusal(.serviceUnavailable, "busy", "come \"later\"", fields: [.retryAfter: "9"])
        }
        routes.group("/v1/messages", errors: PlainErrors()) { group in
            group.on(.get, Path.at("large")) { _ in throw HTTPError(.tooLarge, "the body has more than 3 bytes") }
        }
        let router = routes.build()
        let id = "00000000-0000-0001-0000-000000000002"
        let secret = try await router.respond(to: TestRequest.make(.get, "/secret"))
        #expect(secret.status == .internalServerError)
        #expect(
            secret.text
                == #"{"error":{"code":"internal_error","message":"something went wrong here","request_id":"\#(id)"}}"#
        )
        #expect(sink.records.map(\.event) == [.requestFailed])
        #expect(!"\(sink.records)".contains("password"))
        let busy = try await router.respond(to: TestRequest.make(.get, "/busy"))
        #expect(busy.fields[.retryAfter] == "9")
        #expect(busy.text == #"{"error":{"code":"busy","message":"come \"later\"","request_id":"\#(id)"}}"#)
        #expect(try await Self.text(router, "/v1/messages/large") == "413 content_too_large")
        #expect(try await Self.text(router, "/v1/messages/none") == "404 not_found")
        #expect(try await Self.text(router, "/v1/messages/large", .post) == "405 method_not_allowed")
        #expect(try await Self.status(router, .get, "/v1/message") == .notFound)
        #expect(sink.records.count == 1)
    }

    @Test func `lets middleware see an answer whatever happened within, and the pattern`() async throws {
        let seen = Lock<[String]>([])
        var routes = RouterBuilder(middleware: [Watcher("outer", seen), Watcher("inner", seen)])
        routes.group("g", middleware: [Watcher("group", seen)]) { group in
            group.on(.get, Path.at("x").value("id", Int.self)) { (_, _: Int) in throw Leak(text: "") }
        }
        let router = routes.build()
        #expect(try await Self.status(router, .get, "/g/x/7") == .internalServerError)
        #expect(
            seen.withLock { $0 } == ["group /g/x/{id} 500", "inner /g/x/{id} 500", "outer /g/x/{id} 500"]
        )
        seen.withLock { $0 = [] }
        #expect(try await Self.status(router, .get, "/none") == .notFound)
        #expect(seen.withLock { $0 } == ["inner - 404", "outer - 404"])
    }

    @Test func `lets the cancellation of a request through`() async {
        var routes = RouterBuilder()
        routes.on(.get, Path.at("x")) { _ in throw CancellationError() }
        let router = routes.build()
        await #expect(throws: CancellationError.self) { try await router.respond(to: TestRequest.make(.get, "/x")) }
    }

    @Test func `takes no routes that contradict each other`() async {
        await #expect(processExitsWith: .failure) {
            var routes = RouterBuilder()
            routes.on(.get, Path.at("a").value("x", Int.self)) { (_, _: Int) in HTTPResponse(.ok) }
            routes.on(.get, Path.at("a").value("x", String.self)) { (_, _: String) in HTTPResponse(.ok) }
        }
        await #expect(processExitsWith: .failure) {
            var routes = RouterBuilder()
            routes.on(.get, Path.at("a").value("x", Int.self)) { (_, _: Int) in HTTPResponse(.ok) }
            routes.on(.post, Path.at("a").value("y", Int.self)) { (_, _: Int) in HTTPResponse(.ok) }
        }
        await #expect(processExitsWith: .failure) {
            var routes = RouterBuilder()
            routes.on(.get, Path.at("a").value("x", PathRest.self).at("b")) { (_, _: PathRest) in HTTPResponse(.ok) }
        }
        await #expect(processExitsWith: .failure) { _ = Path.at("/a/{id}") }
    }

    private static func answer(_ text: String) -> HTTPResponse {
        HTTPResponse(type: "text/plain", bytes: Array(text.utf8))
    }

    private static func text(_ router: Router, _ target: String, _ method: HTTPMethod = .get) async throws -> String? {
        try await router.respond(to: TestRequest.make(method, target)).text
    }

    private static func status(_ router: Router, _ method: HTTPMethod, _ target: String) async throws -> HTTPStatus {
        try await router.respond(to: TestRequest.make(method, target)).status
    }

    private struct Leak: Error { let text: String }

    private struct PlainErrors: ErrorRenderer {
        func response(to refusal: HTTPRefusal, for request: HTTPRequest) -> HTTPResponse {
            HTTPResponse(refusal.status, body: .bytes(Array("\(refusal.status.code) \(refusal.code)".utf8)))
        }
    }

    private struct Closed: Middleware {
        func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse {
            throw HTTPRefusal(.unauthorized, "unauthorized", "a key is missing")
        }
    }

    private struct Watcher: Middleware {
        let name: String
        let seen: Lock<[String]>

        init(_ name: String, _ seen: Lock<[String]>) {
            self.name = name
            self.seen = seen
        }

        func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse {
            let response = try await next.respond(to: request)
            let line = "\(name) \(request[MatchedRoute.self] ?? "-") \(response.status.code)"
            seen.withLock { $0.append(line) }
            return response
        }
    }
}
