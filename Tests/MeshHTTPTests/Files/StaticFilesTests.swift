import MeshHTTP
import MeshTestKit
import Testing

@Suite("Files in the binary") struct StaticFilesTests {
    private static let page = StaticFile(
        path: "/index.html",
        type: "text/html; charset=utf-8",
        bytes: Array("<p>".utf8)
    )
    private static let script = StaticFile(path: "/a/x.js", type: "text/javascript", base64: "YWxlcnQoMSk")

    @Test func `are answered with what keeps a page safe`() async throws {
        let router = Self.router()
        let response = try await router.respond(to: TestRequest.make(.get, "/a/x.js"))
        #expect(response.status == .ok)
        #expect(response.text == "alert(1)")
        #expect(response.fields[.contentType] == "text/javascript")
        #expect(response.fields[.contentTypeOptions] == "nosniff")
        #expect(response.fields[.cacheControl] == "no-cache")
        #expect(response.fields[.contentSecurityPolicy]?.hasPrefix("default-src 'none'; script-src 'self';") == true)
        for path in ["/", "/index.html"] {
            #expect(try await router.respond(to: TestRequest.make(.get, path)).text == "<p>")
            #expect(try await router.respond(to: TestRequest.make(.head, path)).status == .ok)
        }
        #expect(try await router.respond(to: TestRequest.make(.get, "/a")).status == .notFound)
        #expect(try await router.respond(to: TestRequest.make(.post, "/index.html")).status == .methodNotAllowed)
    }

    @Test func `are not sent to who has them`() async throws {
        let router = Self.router()
        let tag = Self.page.entityTag
        #expect(tag != Self.script.entityTag)
        #expect(tag == StaticFile(path: "/else", type: "text/plain", bytes: Array("<p>".utf8)).entityTag)
        for said in [tag, "W/\(tag)", "\"x\", \(tag)", "*", "\"x\" ,\t\(tag) "] {
            let response = try await router.respond(to: TestRequest.make(.get, "/", fields: [.ifNoneMatch: said]))
            #expect(response.status == .notModified, "\(said)")
            #expect(response.text == "")
            #expect(response.fields[.entityTag] == tag)
            #expect(response.fields[.contentSecurityPolicy] != nil)
        }
        for said in ["\"x\"", "", tag.uppercased() + "x", String(tag.dropLast())] {
            let response = try await router.respond(to: TestRequest.make(.get, "/", fields: [.ifNoneMatch: said]))
            #expect(response.status == .ok, "\(said)")
        }
    }

    @Test func `are those of the folder they were made from`() throws {
        let names = RepositoryFile.names(in: "pages/status")
        #expect(StatusPage.files.map(\.path) == names.map { "/" + $0 })
        for file in StatusPage.files {
            #expect(RepositoryFile.bytes("pages/status" + file.path) == file.bytes, "run scripts/embed")
        }
    }

    @Test func `hold nothing that their own policy forbids`() {
        for file in StatusPage.files where file.path.hasSuffix(".html") {
            let text = String(decoding: file.bytes, as: UTF8.self)
            for forbidden in ["<style", " style=", " onclick=", "http://", "https://", "<script>"] {
                #expect(!text.contains(forbidden), "\(file.path) has \(forbidden)")
            }
        }
    }

    private static func router() -> Router {
        var routes = RouterBuilder()
        StaticFiles([page, script]).add(to: &routes)
        return routes.build()
    }
}
