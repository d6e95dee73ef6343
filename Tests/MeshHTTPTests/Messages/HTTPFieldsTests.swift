import MeshHTTP
import MeshTestKit
import Testing

@Suite("The fields of a message") struct HTTPFieldsTests {
    @Test func `keep their order and are found by name`() {
        let fields: HTTPFields = [.accept: "a", .host: "x", .accept: "b, C"]
        #expect(fields.all.map(\.name) == ["accept", "host", "accept"])
        #expect(fields[.accept] == "a")
        #expect(fields.values(of: .accept) == ["a", "b, C"])
        #expect(fields.count(of: .accept) == 2)
        #expect(fields.contains(.accept, token: "c"))
        #expect(!fields.contains(.accept, token: "x"))
        #expect(fields[.origin] == nil)
    }

    @Test func `cannot be made to end a line`() {
        let fields: HTTPFields = [.location: "/a\r\nset-cookie: x\0"]
        #expect(fields[.location] == "/a  set-cookie: x ")
    }

    @Test func `are replaced and taken out by name`() {
        var fields: HTTPFields = [.accept: "a", .host: "x", .accept: "b"]
        fields.set(.accept, "c")
        #expect(fields.all.map(\.value) == ["x", "c"])
        fields.remove(.host)
        #expect(fields.all.map(\.name) == ["accept"])
    }

    @Test func `have names that are tokens`() {
        #expect(HTTPFieldName("X-Thing")?.text == "x-thing")
        #expect(HTTPFieldName("") == nil)
        #expect(HTTPFieldName("a b") == nil)
        #expect(HTTPFieldName("a:") == nil)
        #expect(HTTPFieldName("é") == nil)
    }
}
