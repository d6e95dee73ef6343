internal import MeshCore
internal import MeshHTTP

/// Keeps pages that somebody looks at from having a node do something: who asks, a ``CallerGuard`` has found out.
///
/// On a listener of the loopback the people and programs of this machine need no key, and no page that one of them
/// looks at may use that. A browser cannot be made to send JSON to another origin without asking first, and it says
/// whose page it shows; both are looked at, for either could be forgotten by one browser.
struct CommandGuard: Middleware {
    /// What is guarded.
    enum Subject: Hashable, Sendable {
        /// Commands: what is posted, as JSON; questions pass.
        case commands
        /// Questions, too: those for which a node does something.
        case questions
        /// Chats: what is posted, as JSON.
        case chats
        /// Conversations, accounts, and questions that wait: whatever is asked of them, and what is posted as JSON.
        case conversations
    }

    var subject = Subject.commands

    func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse {
        let isPost = request.method == .post
        guard isPost || subject == .questions || subject == .conversations else {
            return try await next.respond(to: request)
        }
        try check(origin: request)
        guard subject == .questions || !isPost || Self.isJSON(request.fields) else {
            let what = subject == .chats ? "a chat" : "a command"
            throw HTTPRefusal(
                .unsupportedMediaType,
                "unsupported_media_type",
                "\(what) is JSON, and says so: content-type: application/json"
            )
        }
        return try await next.respond(to: request)
    }

    private func check(origin request: HTTPRequest) throws(HTTPRefusal) {
        // Same-origin by the browser's own word; `none` is a person who typed the address.
        let site = request.fields[.fetchSite] ?? "none"
        var isOwn = site == "same-origin" || site == "none"
        if isOwn, request.fields.contains(.origin) {
            let own = "\(request.client.isSecure ? "https" : "http")://\(request.authority)".lowercased()
            isOwn = request.fields.values(of: .origin).allSatisfy { $0.lowercased() == own }
        }
        guard isOwn else {
            let asked = subject == .chats ? "chat" : subject == .commands ? "send commands" : "ask for this"
            throw HTTPRefusal(.forbidden, "foreign_origin", "a page of another origin may not \(asked)")
        }
    }

    private static func isJSON(_ fields: HTTPFields) -> Bool {
        guard fields.count(of: .contentType) == 1, let type = fields[.contentType] else { return false }
        let essence = type.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
        return essence == "application/json" || essence.lowercased() == "application/json"
    }
}
