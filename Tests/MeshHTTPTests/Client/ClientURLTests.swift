import MeshCore
import MeshHTTP
import Testing

@Suite struct `A URL of the client` {
    @Test(arguments: [
        ("http://example.org", "http://example.org:80", "/"),
        ("HTTPS://Example.ORG/a?b=c", "https://example.org:443", "/a?b=c"),
        ("http://example.org?x", "http://example.org:80", "/?x"),
        ("http://127.0.0.1:8080/a/../b", "http://127.0.0.1:8080", "/a/../b"),
        ("https://[2001:DB8::1]:65535/%20", "https://[2001:db8::1]:65535", "/%20"),
        ("http://xn--bcher-kva.example_1/", "http://xn--bcher-kva.example_1:80", "/"),
    ])
    func `is taken apart`(text: String, origin: String, target: String) throws {
        let url = try ClientURL(text)
        #expect("\(url.origin)" == origin)
        #expect(url.target.text == target)
    }

    @Test(arguments: [
        "", "example.org", "//example.org", "ftp://example.org", "file:///etc/passwd", "http:/example.org",
        "http://user@example.org", "http://user:secret@example.org/", "http://", "http:///path", "http://:80/",
        "http://a b/", "http://a\u{0}b/", "http://example.org/a b", "http://example.org/\r\nx: y", "http://é.example/",
        "http://example.org/#part", "http://example.org:0/", "http://example.org:65536/", "http://example.org:/",
        "http://example.org:80x/", "http://example.org:+80/", "http://[::1/", "http://[127.0.0.1]/", "http://::1/",
        "http://[::1]x/", "http://[fe80::1%25eth0]/", "http://a..b/", "http://.a/", "http://a./", "http://127.1/",
        "http://0x7f000001/", "http://2130706433/", "http://a.0x7f/", "http://127.0.0.256/", "http://a,b/",
        "http://a%2eb/", "http://example.org/%", "http://example.org\\@evil.example/", " http://example.org/",
    ])
    func `is refused where it is none of ours`(text: String) {
        #expect(throws: HTTPError(.malformed, "")) { try ClientURL(text) }
    }

    @Test func `is refused where it is too long`() {
        let start = "http://a/"
        let longest = start + String(repeating: "x", count: Limits.HTTPClient.maximumURLBytes - start.utf8.count)
        #expect(throws: Never.self) { try ClientURL(longest) }
        #expect(throws: HTTPError(.malformed, "")) { try ClientURL(longest + "x") }
    }

    @Test func `tells no query to logs, and errors nothing of its text`() throws {
        let url = try ClientURL("https://api.example/v1?key=secret")
        #expect("\(url)" == "https://api.example:443/v1")
        let error = #expect(throws: HTTPError.self) { try ClientURL("https://me:secret@api.example/") }
        #expect(error.map { !$0.chain.contains("secret") } == true)
    }
}
