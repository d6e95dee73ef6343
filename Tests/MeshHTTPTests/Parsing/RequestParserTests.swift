import MeshCore
import MeshHTTP
import Testing

@Suite struct `A parser of requests` {
    @Test func `hands out a head with all that it says`() throws {
        let parsed = ParsedBytes(
            "GET /a/b?c=d HTTP/1.1\r\nHost: example.org:80\r\nX-One:  two words \t\r\nEmpty:\r\n\r\n"
        )
        let request = try #require(parsed.requests.first)
        #expect(parsed.requests.count == 1)
        #expect(request.line == "GET /a/b?c=d HTTP/1.1")
        #expect(request.authority == "example.org:80")
        #expect(request.fields == ["host: example.org:80", "x-one: two words", "empty: "])
        #expect(request.framing == .none)
        #expect(request.keepsAlive && request.isComplete)
        #expect(parsed.refusal == nil)
    }

    @Test func `stops behind each request and leaves the next one where it is`() {
        let first = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
        let second = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
        let bytes = Array((first + second).utf8)
        let parser = RequestParser(limits: RequestLimits())
        let taken = bytes.withUnsafeBytes { parser.feed($0) }
        #expect(taken == first.utf8.count)
        #expect(bytes.withUnsafeBytes { parser.feed($0) } == 0)
        let parsed = ParsedBytes(first + second)
        #expect(parsed.requests.map(\.line) == ["POST / HTTP/1.1", "GET /2 HTTP/1.1"])
        #expect(parsed.requests.map(\.body) == [Array("abc".utf8), []])
    }

    @Test func `says the same however the bytes are cut`() {
        let text =
            "\r\nPOST /up?x=%20 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX-Request-ID: abc\r\n\r\n"
            + "3;name=value\r\nabc\r\n5;q=\"a b\"\r\ndefgh\r\n0\r\nTrailer: x\r\n\r\n"
            + "GET /2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: a\r\n\r\nBAD\r\n\r\n"
        let whole = ParsedBytes(text)
        #expect(whole.requests.count == 3)
        #expect(whole.requests.first?.body == Array("abcdefgh".utf8))
        #expect(whole.requests.first?.fields.contains("trailer: x") == false)
        #expect(whole.status != nil)
        for size in 1...40 {
            let cut = ParsedBytes(text, piece: size)
            #expect(cut.requests == whole.requests)
            #expect(cut.status == whole.status)
        }
    }

    @Test func `knows who keeps a connection`() {
        func keeps(_ version: String, _ fields: String) -> Bool? {
            ParsedBytes("GET / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n").requests.first?.keepsAlive
        }
        #expect(keeps("1.1", "") == true)
        #expect(keeps("1.1", "Connection: close\r\n") == false)
        #expect(keeps("1.1", "Connection: x, Close\r\n") == false)
        #expect(keeps("1.0", "") == false)
        #expect(keeps("1.0", "Connection: keep-alive\r\n") == true)
    }

    @Test func `takes a host out of an absolute target before that of the field`() {
        func request(_ target: String, method: String = "GET") -> ParsedBytes.Request? {
            ParsedBytes("\(method) \(target) HTTP/1.1\r\nHost: a\r\n\r\n").requests.first
        }
        #expect(request("http://other:8080/x?y")?.authority == "other:8080")
        #expect(request("http://other:8080/x?y")?.line == "GET /x?y HTTP/1.1")
        #expect(request("HTTPS://other")?.line == "GET / HTTP/1.1")
        #expect(request("http://other?q")?.line == "GET /?q HTTP/1.1")
        #expect(request("http://[::1]:80/", method: "OPTIONS")?.authority == "[::1]:80")
        #expect(request("http://other", method: "OPTIONS")?.line == "OPTIONS * HTTP/1.1")
        #expect(request("*", method: "OPTIONS")?.line == "OPTIONS * HTTP/1.1")
    }

    @Test func `notices what a client expects, asks for and says`() throws {
        let text =
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\nX-Request-ID: r-1\r\n"
            + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        let head = try #require(ParsedBytes(text).requests.first?.head)
        #expect(head.expectsContinue)
        #expect(head.saidID?.text == "r-1")
        let plain = try #require(
            ParsedBytes("GET / HTTP/1.0\r\nX-Request-ID: a b\r\nExpect: 100-continue\r\n\r\n").requests.first?.head
        )
        #expect(!plain.expectsContinue && plain.saidID == nil)
        #expect(plain.authority.isEmpty)
    }

    @Test func `hands the bytes behind an upgrade back`() {
        let upgrade = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        let bytes = Array(upgrade.utf8) + [0x81, 0x80, 1, 2, 3, 4]
        let parser = RequestParser(limits: RequestLimits())
        #expect(bytes.withUnsafeBytes { parser.feed($0) } == upgrade.utf8.count)
    }

    @Test func `is within a request from its first byte to its last`() {
        let parser = RequestParser(limits: RequestLimits())
        func feed(_ text: String) { _ = Array(text.utf8).withUnsafeBytes { parser.feed($0) } }
        #expect(!parser.isWithinRequest)
        feed("\r\n")
        #expect(!parser.isWithinRequest)
        feed("POST")
        #expect(parser.isWithinRequest)
        feed(" / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1")
        #expect(parser.isWithinRequest)
        feed("2")
        #expect(!parser.isWithinRequest)
    }
}
