/// The name of a field, in lower case (RFC 9110 §5.1).
package struct HTTPFieldName: Hashable, Sendable, CustomStringConvertible {
    /// The name in lower case.
    package let text: String

    /// The name that `text` spells in any case; nil where it is no token.
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy(Self.isTokenByte) else { return nil }
        self.text = text.lowercased()
    }

    /// The name that stands in our own source as `text`, a token in lower case; anything else is our mistake and traps.
    package init(known text: StaticString) {
        self.text = "\(text)"
        precondition(HTTPFieldName(self.text)?.text == self.text, "a name is a token in lower case")
    }

    /// As it is written on the wire.
    package var description: String { text }

    /// Whether `byte` may stand in a token (RFC 9110 §5.6.2).
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"): true
        case UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        case UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"): true
        default: false
        }
    }
}

extension HTTPFieldName {
    /// `accept`.
    package static let accept = HTTPFieldName(known: "accept")
    /// `accept-encoding`.
    package static let acceptEncoding = HTTPFieldName(known: "accept-encoding")
    /// `access-control-allow-credentials`.
    package static let accessControlAllowCredentials = HTTPFieldName(known: "access-control-allow-credentials")
    /// `access-control-allow-headers`.
    package static let accessControlAllowHeaders = HTTPFieldName(known: "access-control-allow-headers")
    /// `access-control-allow-methods`.
    package static let accessControlAllowMethods = HTTPFieldName(known: "access-control-allow-methods")
    /// `access-control-allow-origin`.
    package static let accessControlAllowOrigin = HTTPFieldName(known: "access-control-allow-origin")
    /// `access-control-expose-headers`.
    package static let accessControlExposeHeaders = HTTPFieldName(known: "access-control-expose-headers")
    /// `access-control-max-age`.
    package static let accessControlMaxAge = HTTPFieldName(known: "access-control-max-age")
    /// `access-control-request-headers`.
    package static let accessControlRequestHeaders = HTTPFieldName(known: "access-control-request-headers")
    /// `access-control-request-method`.
    package static let accessControlRequestMethod = HTTPFieldName(known: "access-control-request-method")
    /// `allow`.
    package static let allow = HTTPFieldName(known: "allow")
    /// `authorization`.
    package static let authorization = HTTPFieldName(known: "authorization")
    /// `cache-control`.
    package static let cacheControl = HTTPFieldName(known: "cache-control")
    /// `connection`.
    package static let connection = HTTPFieldName(known: "connection")
    /// `content-length`.
    package static let contentLength = HTTPFieldName(known: "content-length")
    /// `content-security-policy`.
    package static let contentSecurityPolicy = HTTPFieldName(known: "content-security-policy")
    /// `content-type`.
    package static let contentType = HTTPFieldName(known: "content-type")
    /// `etag`.
    package static let entityTag = HTTPFieldName(known: "etag")
    /// `expect`.
    package static let expect = HTTPFieldName(known: "expect")
    /// `host`.
    package static let host = HTTPFieldName(known: "host")
    /// `if-none-match`.
    package static let ifNoneMatch = HTTPFieldName(known: "if-none-match")
    /// `keep-alive`.
    package static let keepAlive = HTTPFieldName(known: "keep-alive")
    /// `location`.
    package static let location = HTTPFieldName(known: "location")
    /// `origin`.
    package static let origin = HTTPFieldName(known: "origin")
    /// `referrer-policy`.
    package static let referrerPolicy = HTTPFieldName(known: "referrer-policy")
    /// `retry-after`.
    package static let retryAfter = HTTPFieldName(known: "retry-after")
    /// `sec-fetch-site`.
    package static let fetchSite = HTTPFieldName(known: "sec-fetch-site")
    /// `sec-websocket-accept`.
    package static let webSocketAccept = HTTPFieldName(known: "sec-websocket-accept")
    /// `sec-websocket-key`.
    package static let webSocketKey = HTTPFieldName(known: "sec-websocket-key")
    /// `sec-websocket-protocol`.
    package static let webSocketProtocol = HTTPFieldName(known: "sec-websocket-protocol")
    /// `sec-websocket-version`.
    package static let webSocketVersion = HTTPFieldName(known: "sec-websocket-version")
    /// `te`.
    package static let te = HTTPFieldName(known: "te")
    /// `traceparent` (W3C Trace Context).
    package static let traceparent = HTTPFieldName(known: "traceparent")
    /// `trailer`.
    package static let trailer = HTTPFieldName(known: "trailer")
    /// `transfer-encoding`.
    package static let transferEncoding = HTTPFieldName(known: "transfer-encoding")
    /// `upgrade`.
    package static let upgrade = HTTPFieldName(known: "upgrade")
    /// `user-agent`.
    package static let userAgent = HTTPFieldName(known: "user-agent")
    /// `vary`.
    package static let vary = HTTPFieldName(known: "vary")
    /// `www-authenticate`.
    package static let wwwAuthenticate = HTTPFieldName(known: "www-authenticate")
    /// `x-accel-buffering`, by which nginx is told to hold nothing back.
    package static let accelBuffering = HTTPFieldName(known: "x-accel-buffering")
    /// `x-api-key`.
    package static let apiKey = HTTPFieldName(known: "x-api-key")
    /// `x-content-type-options`.
    package static let contentTypeOptions = HTTPFieldName(known: "x-content-type-options")
    /// `x-request-id`.
    package static let requestID = HTTPFieldName(known: "x-request-id")
}
