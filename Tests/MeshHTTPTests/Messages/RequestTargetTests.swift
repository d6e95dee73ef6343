import MeshCore
import MeshHTTP
import MeshTestKit
import Testing

@Suite("What a request is about") struct RequestTargetTests {
    @Test func `has decoded segments`() throws {
        #expect(try #require(RequestTarget("/v1/a%20b/%C3%A9?x=1")).segments == ["v1", "a b", "é"])
        #expect(RequestTarget("/")?.segments == [])
        #expect(RequestTarget("/a//b/")?.segments == ["a", "", "b", ""])
    }

    @Test(arguments: ["/a/../b", "/a/%2e%2E/b", "/./a", "/a%2Fb", "/a%00", "/%FF"])
    func `has no segments that lead elsewhere`(text: String) throws {
        #expect(try #require(RequestTarget(text)).segments == nil)
    }

    @Test(arguments: ["", "a", "/a b", "/a#b", "/é", "/%", "/%4", "/%zz", "/a\u{7F}", "http://x/"])
    func `is refused where it breaks the rules`(text: String) {
        #expect(RequestTarget(text) == nil)
    }

    @Test func `has parameters as forms write them`() throws {
        let target = try #require(RequestTarget("/a?x=1+2&y&x=3&%C3%A9=%26&bad=%FF"))
        #expect(target.path == "/a")
        #expect(target.parameters.map { "\($0.name)=\($0.value)" } == ["x=1 2", "y=", "x=3", "é=&"])
        #expect(target.parameter("x") == "1 2")
    }

    @Test func `has no more parameters than the limit`() throws {
        let query = repeatElement("a=1", count: Limits.HTTP.maximumParameters + 1).joined(separator: "&")
        #expect(try #require(RequestTarget("/?" + query)).parameters.count == Limits.HTTP.maximumParameters)
    }

    @Test func `is asked for under a name that can stand in a log`() {
        #expect(RequestID(said: "trace-1.2:3_x")?.text == "trace-1.2:3_x")
        #expect(RequestID(said: "") == nil)
        #expect(RequestID(said: "a b") == nil)
        #expect(RequestID(said: String(repeating: "a", count: Limits.HTTP.maximumRequestIDBytes)) != nil)
        #expect(RequestID(said: String(repeating: "a", count: Limits.HTTP.maximumRequestIDBytes + 1)) == nil)
    }
}
