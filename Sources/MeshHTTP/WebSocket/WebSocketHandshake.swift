internal import MeshCore

/// A request to go on as a WebSocket, which was found to be in order (RFC 6455 §4.2.1).
package struct WebSocketHandshake: Hashable, Sendable {
    private let key: String

    /// The subprotocols that the client can speak, the one it likes best first.
    package let subprotocols: [String]

    /// The handshake that `request` asks for; throws the refusal that tells the client what is missing.
    package init(_ request: HTTPRequest) throws(HTTPRefusal) {
        guard request.method == .get else {
            throw HTTPRefusal(
                .methodNotAllowed,
                "method_not_allowed",
                "a WebSocket begins with GET",
                fields: [.allow: "GET"]
            )
        }
        guard request.version == .http11 else {
            throw HTTPRefusal(.upgradeRequired, "http_1_1_required", "a WebSocket begins with HTTP/1.1")
        }
        guard Self.isAsked(by: request) else {
            let fields: HTTPFields = [.upgrade: "websocket"]
            throw HTTPRefusal(.upgradeRequired, "upgrade_required", "this is spoken over a WebSocket", fields: fields)
        }
        guard request.fields.values(of: .webSocketVersion) == [Self.version] else {
            let fields: HTTPFields = [.upgrade: "websocket", .webSocketVersion: Self.version]
            throw HTTPRefusal(.upgradeRequired, "websocket_version", "only version 13 is spoken", fields: fields)
        }
        let keys = request.fields.values(of: .webSocketKey)
        guard let key = keys.first, keys.count == 1, Self.isKey(key) else {
            throw HTTPRefusal(.badRequest, "websocket_key", "a WebSocket needs one key of sixteen bytes")
        }
        guard request.body.declaredLength == 0 else {
            throw HTTPRefusal(.badRequest, "websocket_body", "a WebSocket begins without a body")
        }
        self.key = key
        subprotocols = Self.tokens(request.fields.values(of: .webSocketProtocol))
    }

    /// Whether `request` wants a WebSocket at all, in order or not.
    package static func isAsked(by request: HTTPRequest) -> Bool {
        request.fields.contains(.upgrade, token: "websocket") && request.fields.contains(.connection, token: "upgrade")
    }

    /// The first of the client's subprotocols that is one of `ours`.
    package func subprotocol(among ours: [String]) -> String? { subprotocols.first { ours.contains($0) } }

    /// The fields of the answer 101; nil where `subprotocol` is none that the client offered, which is our own mistake.
    package func fields(subprotocol: String? = nil) -> HTTPFields? {
        var fields: HTTPFields = [.upgrade: "websocket", .connection: "Upgrade", .webSocketAccept: accept]
        guard let subprotocol else { return fields }
        guard subprotocols.contains(subprotocol) else { return nil }
        fields.append(.webSocketProtocol, subprotocol)
        return fields
    }

    /// What proves to the client that its key was read.
    package var accept: String {
        var text = Base64URL.encode(SHA1.digest(Array((key + Self.guid).utf8)))
        text = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        return text + "="  // twenty bytes leave two in the last group
    }

    /// Sixteen bytes in base64 (RFC 4648 §4), padded.
    private static func isKey(_ text: String) -> Bool {
        guard text.utf8.count == 24, text.hasSuffix("=="), !text.contains("-"), !text.contains("_") else {
            return false
        }
        let urlSafe = String(text.dropLast(2).map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
        return Base64URL.decode(urlSafe)?.count == 16
    }

    private static func tokens(_ values: [String]) -> [String] {
        let elements = values.flatMap { $0.split(separator: ",") }
        return elements.prefix(Limits.WebSocket.maximumSubprotocols).compactMap { element in
            let token = element.drop { $0 == " " || $0 == "\t" }
            let end = token.lastIndex { $0 != " " && $0 != "\t" }.map { token.index(after: $0) } ?? token.startIndex
            return HTTPFieldName(String(token[..<end])) == nil ? nil : String(token[..<end])
        }
    }

    private static let version = "13"
    private static let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
}
