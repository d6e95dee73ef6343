import MeshCore
import MeshHTTP
import Testing

/// A request that is refused, and how.
struct RefusedRequest: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let status: UInt16
    /// Whether a head was handed out before: the fault is in the body.
    var isInBody = false

    init(_ name: String, _ text: String, _ status: UInt16, isInBody: Bool = false) {
        testDescription = name
        self.text = text
        self.status = status
        self.isInBody = isInBody
    }

    /// A POST with these fields and this body.
    init(_ name: String, post fields: String, body: String = "", _ status: UInt16, isInBody: Bool = false) {
        self.init(name, "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)", status, isInBody: isInBody)
    }

    /// A GET with this target.
    init(_ name: String, target: String, _ status: UInt16) {
        self.init(name, "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", status)
    }

    /// A GET with these fields besides the host.
    init(_ name: String, get fields: String, _ status: UInt16) {
        self.init(name, "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n", status)
    }

    /// A chunked body.
    init(_ name: String, chunks: String, _ status: UInt16) {
        self.init(name, post: "Transfer-Encoding: chunked", body: chunks, status, isInBody: true)
    }
}

@Suite struct `A request is refused` {
    static let framing: [RefusedRequest] = [
        .init("length and chunks", post: "Content-Length: 4\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n", 400),
        .init("chunks and length", post: "Transfer-Encoding: chunked\r\nContent-Length: 4", body: "0\r\n\r\n", 400),
        .init("two lengths", post: "Content-Length: 4\r\nContent-Length: 5", body: "12345", 400),
        .init("one length twice", post: "Content-Length: 4\r\nContent-Length: 4", body: "1234", 400),
        .init("a list of lengths", post: "Content-Length: 4, 4", body: "1234", 400),
        .init("a length with a sign", post: "Content-Length: +4", body: "1234", 400),
        .init("a negative length", post: "Content-Length: -4", 400),
        .init("a hexadecimal length", post: "Content-Length: 0x4", body: "1234", 400),
        .init("an empty length", post: "Content-Length:", 400),
        .init("a length beyond all numbers", post: "Content-Length: 99999999999999999999", 400),
        .init("a length beyond the bound", post: "Content-Length: 999999999999", 413),
        .init("an unknown coding", post: "Transfer-Encoding: xchunked", body: "0\r\n\r\n", 501),
        .init("gzip before chunks", post: "Transfer-Encoding: gzip, chunked", body: "0\r\n\r\n", 501),
        .init("chunks and identity", post: "Transfer-Encoding: chunked, identity", body: "0\r\n\r\n", 400),
        .init("chunks before a tab", post: "Transfer-Encoding: chunked\t", body: "0\r\n\r\n", 400),
        .init(
            "chunks before a tab, and another protocol",
            post: "Transfer-Encoding: chunked\t\r\nConnection: Upgrade\r\nUpgrade: x",
            body: "5\r\nhello\r\n0\r\n\r\n",
            400
        ),
        .init("chunks twice", post: "Transfer-Encoding: chunked, chunked", body: "0\r\n\r\n", 400),
        .init("two codings", post: "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", 400),
        .init("identity", post: "Transfer-Encoding: identity", 501),
        .init("a quoted coding", post: "Transfer-Encoding: \"chunked\"", 501),
        .init("an empty coding", post: "Transfer-Encoding:", 400),
        .init("a coding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        .init("an expectation of something else", post: "Expect: coffee\r\nContent-Length: 1", 417),
    ]

    static let heads: [RefusedRequest] = [
        .init("no host", "GET / HTTP/1.1\r\n\r\n", 400),
        .init("two hosts", get: "Host: a", 400),
        .init("two hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        .init("an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
        .init("a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        .init("a host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
        .init("a host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        .init("a host with a port beyond all", "GET / HTTP/1.1\r\nHost: a:70000\r\n\r\n", 400),
        .init("a list of hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
        .init("a folded field", get: "A: b\r\n c", 400),
        .init("a space before the colon", get: "A : b", 400),
        .init("a space in front of a field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
        .init("a field without a name", get: ": b", 400),
        .init("a field without a colon", get: "Abc", 400),
        .init("a sign in a name", get: "A(b): c", 400),
        .init("NUL in a value", get: "A: b\0c", 400),
        .init("a control in a value", get: "A: b\u{1}c", 400),
        .init("DEL in a value", get: "A: b\u{7F}c", 400),
        .init("a lone carriage return in a value", get: "A: b\rc", 400),
        .init("line feeds alone", "GET / HTTP/1.1\nHost: a\n\n", 400),
        .init("a line feed alone behind a field", "GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n", 400),
    ]

    static let lines: [RefusedRequest] = [
        .init("HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        .init("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
        .init("HTTP/3.0", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
        .init("HTTP/0.9 said", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505),
        .init("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        .init("a version of two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400),
        .init("no version at all", "GET / FTP/1.1\r\nHost: a\r\n\r\n", 400),
        .init("RTSP", "OPTIONS * RTSP/1.0\r\nHost: a\r\n\r\n", 400),
        .init("ICE", "SOURCE / ICE/1.0\r\nHost: a\r\n\r\n", 400),
        .init("an unknown method", "FOO / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        .init("a method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        .init("a hello of TLS", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0", 400),
        .init("a tunnel", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        .init("an authority as target", target: "a:80", 400),
        .init("no target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        .init("a relative target", target: "a/b", 400),
        .init("an asterisk for GET", target: "*", 400),
        .init("a fragment", target: "/a#b", 400),
        .init("half an escape", target: "/a%2", 400),
        .init("an escape that is none", target: "/a%zz", 400),
        .init("a control in the target", target: "/a\u{1}", 400),
        .init("a byte beyond ASCII", target: "/ä", 400),
        .init("another scheme", target: "ftp://a/", 400),
        .init("an absolute target with a user", target: "http://u:p@a/", 400),
        .init("an absolute target without a host", target: "http:///a", 400),
        .init("a space in the target", target: "/a b", 400),
        .init("a carriage return in front", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        .init("a line feed in front", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ]

    static let chunks: [RefusedRequest] = [
        .init("no length", chunks: "\r\nabc\r\n0\r\n\r\n", 400),
        .init("a length with a prefix", chunks: "0x3\r\nabc\r\n0\r\n\r\n", 400),
        .init("a length with a sign", chunks: "+3\r\nabc\r\n0\r\n\r\n", 400),
        .init("a length beyond all numbers", chunks: "FFFFFFFFFFFFFFFFF\r\nabc", 400),
        .init("more bytes than said", chunks: "3\r\nabcd\r\n0\r\n\r\n", 400),
        .init("fewer bytes than said", chunks: "5\r\nabc\r\n0\r\n\r\n", 400),
        .init("a line feed alone behind a length", chunks: "3\nabc\r\n0\r\n\r\n", 400),
        .init("a line feed alone behind the bytes", chunks: "3\r\nabc\n0\r\n\r\n", 400),
        .init("a line feed inside an extension", chunks: "3;a=\nb\r\nabc\r\n0\r\n\r\n", 400),
        .init("a space behind a length", chunks: "3 \r\nabc\r\n0\r\n\r\n", 400),
        .init("a folded trailer", chunks: "0\r\nA: b\r\n c\r\n\r\n", 400),
    ]

    @Test(arguments: framing + heads + lines)
    func `before anything of it is handed out`(_ request: RefusedRequest) {
        let parsed = ParsedBytes(request.text)
        #expect(parsed.status == request.status)
        #expect(parsed.requests.isEmpty)
        let cut = ParsedBytes(request.text, piece: 1)
        #expect(cut.status == request.status)
        #expect(cut.requests.isEmpty)
    }

    @Test(arguments: chunks)
    func `in the middle of its chunks`(_ request: RefusedRequest) {
        for size in [1, 7, 4_096] {
            let parsed = ParsedBytes(request.text, piece: size)
            #expect(parsed.status == request.status)
            #expect(parsed.requests.count == 1)
            #expect(parsed.requests.first?.isComplete == false)
        }
    }
}

@Suite struct `The size of a request` {
    private static func fields(_ count: Int) -> String {
        "GET / HTTP/1.1\r\nHost: a\r\n" + (1..<count).map { "A\($0): b\r\n" }.joined() + "\r\n"
    }

    @Test func `is bounded in its fields`() {
        #expect(ParsedBytes(Self.fields(Limits.HTTPServer.maximumFields)).requests.count == 1)
        #expect(ParsedBytes(Self.fields(Limits.HTTPServer.maximumFields + 1)).status == 431)
    }

    @Test(arguments: [1, 1_000, 100_000]) func `is bounded in its head`(_ piece: Int) {
        let rest = "GET / HTTP/1.1\r\nHost: a\r\nA: \r\n\r\n".utf8.count
        func request(_ bytes: Int) -> String {
            "GET / HTTP/1.1\r\nHost: a\r\nA: \(String(repeating: "b", count: bytes - rest))\r\n\r\n"
        }
        let bound = Limits.HTTPServer.maximumHeadBytes
        #expect(ParsedBytes(request(bound), piece: piece).requests.count == 1)
        #expect(ParsedBytes(request(bound + 1), piece: piece).status == 431)
        // White space in front of a value, which llhttp passes over without a word.
        let spaces = "GET / HTTP/1.1\r\nHost:" + String(repeating: " ", count: bound) + "a\r\n\r\n"
        #expect(ParsedBytes(spaces, piece: piece).status == 431)
    }

    @Test(arguments: [1, 1_000, 100_000]) func `is bounded in its target`(_ piece: Int) {
        func request(_ bytes: Int) -> String {
            "GET /\(String(repeating: "a", count: bytes - 1)) HTTP/1.1\r\nHost: a\r\n\r\n"
        }
        let bound = Limits.HTTPServer.maximumTargetBytes
        #expect(ParsedBytes(request(bound), piece: piece).requests.count == 1)
        #expect(ParsedBytes(request(bound + 1), piece: piece).status == 414)
        #expect(ParsedBytes(request(Limits.HTTPServer.maximumHeadBytes * 2), piece: piece).status == 414)
    }

    @Test func `is bounded in the empty lines in front of it`() {
        func request(_ lines: Int) -> ParsedBytes {
            ParsedBytes(String(repeating: "\r\n", count: lines) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        #expect(request(Limits.HTTPServer.maximumEmptyLines).requests.count == 1)
        #expect(request(Limits.HTTPServer.maximumEmptyLines + 1).status == 400)
    }

    @Test func `is bounded in its body, said or not`() {
        var limits = RequestLimits()
        #expect(limits.bodyBytes == Limits.HTTPServer.maximumBodyBytes)
        limits.bodyBytes = 5
        let head = "POST / HTTP/1.1\r\nHost: a\r\n"
        #expect(ParsedBytes(head + "Content-Length: 5\r\n\r\n12345", limits: limits).requests.first?.isComplete == true)
        #expect(ParsedBytes(head + "Content-Length: 6\r\n\r\n123456", limits: limits).status == 413)
        let chunked = head + "Transfer-Encoding: chunked\r\n\r\n"
        #expect(ParsedBytes(chunked + "5\r\n12345\r\n0\r\n\r\n", limits: limits).status == nil)
        let long = ParsedBytes(chunked + "3\r\n123\r\n3\r\n456\r\n0\r\n\r\n", limits: limits)
        #expect(long.status == 413)
        #expect(long.requests.first?.isComplete == false)
    }

    @Test func `is bounded in what stands beside its chunks`() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        func extended(_ bytes: Int) -> ParsedBytes {
            ParsedBytes(head + "1;" + String(repeating: "a", count: bytes) + "\r\nb\r\n0\r\n\r\n")
        }
        #expect(extended(Limits.HTTPServer.maximumChunkExtensionBytes).status == nil)
        #expect(extended(Limits.HTTPServer.maximumChunkExtensionBytes + 1).status == 400)
        func trailed(_ bytes: Int) -> ParsedBytes {
            ParsedBytes(head + "0\r\na:" + String(repeating: "b", count: bytes - 1) + "\r\n\r\n")
        }
        #expect(trailed(Limits.HTTPServer.maximumTrailerBytes).status == nil)
        #expect(trailed(Limits.HTTPServer.maximumTrailerBytes + 1).status == 400)
        let zeros = String(repeating: "0", count: Int(Limits.HTTPServer.maximumChunkOverheadBytes) + 5_000)
        #expect(ParsedBytes(head + zeros + "1\r\nb\r\n0\r\n\r\n", piece: 1_000).status == 400)
        let many = String(repeating: "1\r\nb\r\n", count: 10_000)
        #expect(ParsedBytes(head + many + "0\r\n\r\n", piece: 1_000).requests.first?.body.count == 10_000)
    }
}
