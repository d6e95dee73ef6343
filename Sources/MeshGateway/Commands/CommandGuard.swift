internal import MeshCore
internal import MeshHTTP

/// Who may send commands to nodes, and have a node do what costs it something.
///
/// Nobody has a key yet, so whoever reaches the listener may: the people and programs of this machine, and no page
/// that one of them looks at. A browser cannot be made to send JSON to another origin without asking first, and it says
/// whose page it shows; both are looked at, for either could be forgotten by one browser.
struct CommandGuard: Middleware {
    /// What is guarded.
    enum Subject: Hashable, Sendable {
        /// Commands: what is posted, as JSON; questions pass.
        case commands
        /// Questions, too: those for which a node does something.
        case questions
    }

    let reach: GatewayReach
    var subject = Subject.commands

    func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse {
        guard subject == .questions || request.method == .post else { return try await next.respond(to: request) }
        guard reach == .thisMachine else {
            let taken = subject == .commands ? "commands are taken" : "this is answered"
            throw HTTPRefusal(
                .forbidden,
                "not_from_here",
                "this listener can be reached from other machines, and nobody can show a key yet: \(taken) where "
                    + "http.listen is an address of the loopback alone"
            )
        }
        try check(origin: request)
        guard subject == .questions || Self.isJSON(request.fields) else {
            throw HTTPRefusal(
                .unsupportedMediaType,
                "unsupported_media_type",
                "a command is JSON, and says so: content-type: application/json"
            )
        }
        return try await next.respond(to: request)
    }

    private func check(origin request: HTTPRequest) throws {
        // Same-origin by the browser's own word; `none` is a person who typed the address.
        let site = request.fields[.fetchSite] ?? "none"
        let own = "\(request.client.isSecure ? "https" : "http")://\(request.authority)"
        let origins = request.fields.values(of: .origin)
        guard ["same-origin", "none"].contains(site), origins.allSatisfy({ $0.lowercased() == own.lowercased() }) else {
            let asked = subject == .commands ? "send commands" : "ask for this"
            throw HTTPRefusal(.forbidden, "foreign_origin", "a page of another origin may not \(asked)")
        }
    }

    private static func isJSON(_ fields: HTTPFields) -> Bool {
        guard fields.count(of: .contentType) == 1, let type = fields[.contentType] else { return false }
        let essence = type.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
        return essence.lowercased() == "application/json"
    }
}
