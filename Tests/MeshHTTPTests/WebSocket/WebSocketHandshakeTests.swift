import MeshCore
import MeshHTTP
import MeshIO
import Testing

@Suite("The handshake of a WebSocket") struct WebSocketHandshakeTests {
    @Test func `answers the key of RFC 6455`() throws {
        let handshake = try WebSocketHandshake(Self.request())
        #expect(handshake.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        let fields = try #require(handshake.fields())
        #expect(fields[.webSocketAccept] == handshake.accept)
        #expect(fields.contains(.connection, token: "upgrade") && fields.contains(.upgrade, token: "websocket"))
        #expect(!fields.contains(.webSocketProtocol))
    }

    @Test func `takes the subprotocol that the client likes best`() throws {
        let handshake = try WebSocketHandshake(Self.request { $0.append(.webSocketProtocol, "b, a\t,,c d, c") })
        #expect(handshake.subprotocols == ["b", "a", "c"])
        #expect(handshake.subprotocol(among: ["a", "b"]) == "b")
        #expect(handshake.subprotocol(among: ["x"]) == nil)
        #expect(handshake.fields(subprotocol: "a")?[.webSocketProtocol] == "a")
        #expect(handshake.fields(subprotocol: "x") == nil)
        let bound = Limits.WebSocket.maximumSubprotocols
        let many = try WebSocketHandshake(
            Self.request { fields in for index in 0...bound { fields.append(.webSocketProtocol, "p\(index)") } }
        )
        #expect(many.subprotocols.count == bound)
    }

    @Test func `takes tokens in any case and among others`() throws {
        _ = try WebSocketHandshake(
            Self.request {
                $0.set(.upgrade, "WebSocket")
                $0.set(.connection, "keep-alive, Upgrade")
            }
        )
    }

    @Test func `refuses what is not in order`() {
        let refused: [(HTTPStatus, (inout HTTPFields) -> Void)] = [
            (.upgradeRequired, { $0.remove(.upgrade) }),
            (.upgradeRequired, { $0.set(.connection, "keep-alive") }),
            (.upgradeRequired, { $0.set(.upgrade, "h2c") }),
            (.upgradeRequired, { $0.remove(.webSocketVersion) }),
            (.upgradeRequired, { $0.set(.webSocketVersion, "8") }),
            (.upgradeRequired, { $0.append(.webSocketVersion, "13") }),
            (.badRequest, { $0.remove(.webSocketKey) }),
            (.badRequest, { $0.append(.webSocketKey, "dGhlIHNhbXBsZSBub25jZQ==") }),
            (.badRequest, { $0.set(.webSocketKey, "dGhlIHNhbXBsZSBub25jZ") }),
            (.badRequest, { $0.set(.webSocketKey, "dGhlIHNhbXBsZSBub25j") }),
            (.badRequest, { $0.set(.webSocketKey, "dGhlIHNhbXBsZSBub25jZSE=") }),
            (.badRequest, { $0.set(.webSocketKey, "dGhlIHNhbXBsZSBub25-ZQ==") }),
        ]
        for (status, change) in refused {
            #expect(throws: HTTPRefusal.self) { try WebSocketHandshake(Self.request(change)) }
            #expect(Self.refusal(Self.request(change))?.status == status)
        }
        #expect(Self.refusal(Self.request(method: .post))?.status == .methodNotAllowed)
        #expect(Self.refusal(Self.request(version: .http10))?.status == .upgradeRequired)
        #expect(Self.refusal(Self.request(version: .http2))?.status == .upgradeRequired)
        let old = Self.refusal(Self.request { $0.set(.webSocketVersion, "7") })
        #expect(old?.fields[.webSocketVersion] == "13")
    }

    @Test(
        "SHA-1 gives the digests of FIPS 180",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            (
                String(repeating: "0123456701234567012345670123456701234567012345670123456701234567", count: 10),
                "dea356a2cddd90c7a7ecedc5ebb563934f460452"
            ),
        ]
    )
    func digest(text: String, digest: String) {
        #expect(Hexadecimal.encode(SHA1.digest(Array(text.utf8))) == digest)
    }

    @Test func `SHA-1 gives the digest of a million letters`() {
        let digest = SHA1.digest([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        #expect(Hexadecimal.encode(digest) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
    }

    private static func refusal(_ request: HTTPRequest) -> HTTPRefusal? {
        do throws(HTTPRefusal) {
            _ = try WebSocketHandshake(request)
            return nil
        } catch { return error }
    }

    private static func request(
        method: HTTPMethod = .get,
        version: HTTPVersion = .http11,
        _ change: (inout HTTPFields) -> Void = { _ in }
    ) -> HTTPRequest {
        var fields: HTTPFields = [
            .upgrade: "websocket", .connection: "Upgrade", .webSocketVersion: "13",
            .webSocketKey: "dGhlIHNhbXBsZSBub25jZQ==",
        ]
        change(&fields)
        return TestRequest.make(method, "/chat", fields: fields, version: version)
    }
}
