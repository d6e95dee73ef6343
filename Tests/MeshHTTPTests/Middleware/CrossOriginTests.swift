import MeshHTTP
import Testing

@Suite("Requests from pages of other origins") struct CrossOriginTests {
    private static let app = "https://app.test"

    @Test func `may be read where their origin is allowed, and never by all`() async throws {
        var policy = CrossOrigin.Policy(origins: [Self.app])
        policy.allowsCredentials = true
        let router = Self.router(policy)
        let allowed = try await Self.answer(router, [.origin: Self.app])
        #expect(allowed.fields[.accessControlAllowOrigin] == Self.app)
        #expect(allowed.fields[.accessControlAllowCredentials] == "true")
        #expect(allowed.fields[.accessControlExposeHeaders] == "x-request-id, retry-after")
        #expect(allowed.fields[.vary] == "origin")
        for fields in [[:], [.origin: "https://evil.test"], [.origin: "null"], [.origin: Self.app, .origin: Self.app]]
            as [HTTPFields]
        {
            let response = try await Self.answer(router, fields)
            #expect(response.status == .ok)
            #expect(!response.fields.contains(.accessControlAllowOrigin))
            #expect(response.fields[.vary] == "origin")
        }
        let refused = try await router.respond(to: TestRequest.make(.get, "/none", fields: [.origin: Self.app]))
        #expect(refused.status == .notFound)
        #expect(refused.fields[.accessControlAllowOrigin] == Self.app)  // a page may read why it was refused
    }

    @Test func `are asked about first, also where they are not found`() async throws {
        let router = Self.router(CrossOrigin.Policy(origins: [Self.app]))
        for path in ["/", "/none"] {
            let fields: HTTPFields = [.origin: Self.app, .accessControlRequestMethod: "POST"]
            let response = try await router.respond(to: TestRequest.make(.options, path, fields: fields))
            #expect(response.status == .noContent)
            #expect(response.fields[.accessControlAllowOrigin] == Self.app)
            #expect(response.fields[.accessControlAllowMethods] == "GET, POST, PUT, PATCH, DELETE")
            #expect(response.fields[.accessControlAllowHeaders]?.contains("authorization") == true)
            #expect(response.fields[.accessControlMaxAge] == "600")
            #expect(!response.fields.contains(.accessControlAllowCredentials))
        }
        let fields: HTTPFields = [.origin: "https://evil.test", .accessControlRequestMethod: "POST"]
        let foreign = try await router.respond(to: TestRequest.make(.options, "/", fields: fields))
        #expect(foreign.fields.all.map(\.name) == ["vary"])
        let plain = try await router.respond(to: TestRequest.make(.options, "/", fields: [.origin: Self.app]))
        #expect(plain.fields[.allow] == "GET, HEAD, OPTIONS")
    }

    @Test func `are not allowed from everywhere`() async {
        await #expect(processExitsWith: .failure) { _ = CrossOrigin.Policy(origins: ["*"]) }
    }

    private static func router(_ policy: CrossOrigin.Policy) -> Router {
        var routes = RouterBuilder(middleware: [CrossOrigin(policy)])
        routes.on(.get, Path.at("/")) { _ in HTTPResponse(.ok) }
        return routes.build()
    }

    private static func answer(_ router: Router, _ fields: HTTPFields) async throws -> HTTPResponse {
        try await router.respond(to: TestRequest.make(.get, "/", fields: fields))
    }
}
