import MeshCore
import MeshHTTP
import MeshTestKit
import Testing

@Suite struct `The head of an answer` {
    /// What is made of these lines.
    private func read(_ lines: [String]) throws(HTTPError) -> ResponseHeadReader.Head? {
        var reader = ResponseHeadReader()
        for line in lines {
            try bytes(of: line + "\r\n") { bytes throws(HTTPError) in try reader.take(bytes) }
        }
        return reader.head
    }

    private func bytes(of line: String, _ body: (UnsafeRawBufferPointer) throws(HTTPError) -> Void) throws(HTTPError) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: line.utf8.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: line.utf8)
        try body(UnsafeRawBufferPointer(memory))
    }

    @Test func `is read line by line`() throws {
        let lines = ["HTTP/1.1 200 Fine by me", "Content-Length:  7 ", "X-A: b: c", "x-a:", "Set-Cookie: é", ""]
        let head = try #require(try read(lines))
        #expect(head.status == .ok)
        #expect(head.version == .http11)
        #expect(head.declaredLength == 7)
        #expect(
            head.fields.all.map { "\($0.name)=\($0.value)" } == [
                "content-length=7", "x-a=b: c", "x-a=", "set-cookie=é",
            ]
        )
        #expect(try read(["HTTP/2 204 ", ""])?.version == .http2)
        #expect(try read(["HTTP/1.0 599", ""])?.status.code == 599)
        #expect(try read(["HTTP/1.1 200 OK", "a: b"]) == nil)
    }

    @Test func `is the last one where others come first, and knows nothing of what comes behind`() throws {
        let lines = ["HTTP/1.1 100 Continue", "x: early", "", "HTTP/1.1 103 Early", "", "HTTP/1.1 200 OK", "y: z", ""]
        let head = try #require(try read(lines + ["trailer: late", ""]))
        #expect(head.fields.all.map(\.name) == ["y"])
    }

    @Test(arguments: [
        ["HTTP/1.1 2000 OK"], ["HTTP/1.1 99 OK"], ["HTTP/1.1 600 OK"], ["HTTP/1.1  200 OK"], ["HTTP/1.1 +20 OK"],
        ["HTTP/9 200 OK"], ["HTTP/1.1"], ["ICY 200 OK"], ["a: b"], [""], ["HTTP/1.1 101 Switching", ""],
        ["HTTP/1.1 200 OK", "no colon"], ["HTTP/1.1 200 OK", ": empty"], ["HTTP/1.1 200 OK", "a b: c"],
        ["HTTP/1.1 200 OK", "a : c"], ["HTTP/1.1 200 OK", "a: b", " folded"], ["HTTP/1.1 200 OK", "a: b\u{0}c"],
        ["HTTP/1.1 200 OK", "a: b\rc"], ["HTTP/1.1 200 OK", "é: b"],
        ["HTTP/1.1 200 OK", "content-length: 1", "content-length: 2"], ["HTTP/1.1 200 OK", "content-length: +1"],
        ["HTTP/1.1 200 OK", "content-length: 1, 1"], ["HTTP/1.1 200 OK", "content-length: 99999999999999999999"],
        ["HTTP/1.1 200 OK", "content-length:"], ["HTTP/1.1 200 OK", "content-length: -1"],
    ])
    func `is refused where it breaks the rules`(lines: [String]) {
        #expect(throws: HTTPError(.malformed, "")) { try read(lines) }
    }

    @Test func `has no more fields and bytes than the limits, with all that comes before and behind it`() throws {
        let fields = [String](repeating: "a: b", count: Limits.HTTPClient.maximumFields)
        #expect(try read(["HTTP/1.1 200 OK"] + fields + [""])?.fields.count == fields.count)
        #expect(throws: HTTPError(.tooLarge, "")) { try read(["HTTP/1.1 200 OK"] + fields + ["a: b"]) }
        let long = "a: " + String(repeating: "b", count: Limits.HTTPClient.maximumHeadBytes - 17 - 5)
        #expect(throws: Never.self) { try read(["HTTP/1.1 200 OK", long]) }
        #expect(throws: HTTPError(.tooLarge, "")) { try read(["HTTP/1.1 200 OK", long, ""]) }
        let interim = ["HTTP/1.1 100 Continue", ""]
        let many = [[String]](repeating: interim, count: Limits.HTTPClient.maximumHeadBytes / 25 + 1).flatMap(\.self)
        #expect(throws: HTTPError(.tooLarge, "")) { try read(many) }
    }
}
