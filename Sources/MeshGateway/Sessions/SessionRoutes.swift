internal import MeshAPI
internal import MeshChat
internal import MeshCore
internal import MeshHTTP
internal import MeshIdentity
internal import MeshJSON
internal import MeshSessions

/// Conversations that are kept on the node: listed, shown, taken along, gone on with, forgotten.
struct SessionRoutes: Sendable {
    /// Who keeps them; nil where nobody does.
    let port: (any SessionPort)?

    /// Adds them; `callers` stands before all of them, and says who asks.
    func add(to routes: inout RouterBuilder, behind callers: CallerGuard) {
        let limit = BodyLimit(maximumBytes: Limits.Gateway.maximumSessionBodyBytes)
        let one = Path.at(APIPath.sessions).value("id", SessionID.self)
        routes.group(middleware: [callers, CommandGuard(subject: .conversations), limit]) { routes in
            routes.on(.get, Path.at(APIPath.sessions)) { request in
                try await told(request) { try await list(request, $0, $1) }
            }
            routes.on(.get, one) { request, id in try await told(request) { try await show(id, request, $0, $1) } }
            routes.on(.get, one.at("export")) { request, id in
                try await told(request) { try await export(id, request, $0, $1) }
            }
            routes.on(.delete, one) { request, id in
                try await told(request) { port, caller in
                    try await port.delete(id, caller)
                    return HTTPResponse(.noContent, fields: [.cacheControl: "no-store"])
                }
            }
            // Under the names that others call them by as well.
            for word in ["messages", "add-message"] {
                routes.on(.post, one.at(word)) { request, id in
                    try await told(request) { try await add(to: id, request, $0, $1) }
                }
            }
            for word in ["context", "update-context"] {
                routes.on(.post, one.at(word)) { request, id in
                    try await told(request) { try await update(id, request, $0, $1) }
                }
            }
            routes.on(.post, one.at("model")) { request, id in
                try await told(request) { try await prefer(id, request, $0, $1) }
            }
            routes.on(.post, one.at("clear")) { request, id in
                try await told(request) { try await clear(id, request, $0, $1) }
            }
        }
    }

    /// What `body` answers to `request`, its problems in the shape of all errors.
    private func told(
        _ request: HTTPRequest,
        _ body: (any SessionPort, Caller) async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        guard let port else { throw HTTPRefusal.noSessions }
        guard let caller = request[CallerNote.self] else { throw HTTPRefusal.starting }
        do {
            return try await body(port, caller)
        } catch let problem as SessionProblem {
            throw HTTPRefusal(problem)
        } catch let error as JSONFieldError {
            return HTTPResponse(error, in: request)
        }
    }

    // MARK: Questions

    private func list(_ request: HTTPRequest, _ port: any SessionPort, _ caller: Caller) async throws -> HTTPResponse {
        var (cursor, count): (SessionCursor?, Int) = (nil, Limits.Sessions.maximumPage)
        for parameter in request.target.parameters {
            switch parameter.name {
            case "after":
                guard let place = SessionCursor(text: parameter.value) else {
                    throw Self.wrong("'after' is the 'next' of the page before")
                }
                cursor = place
            case "limit":
                guard let number = Int(parameter.value), (1...Limits.Sessions.maximumPage).contains(number) else {
                    throw Self.wrong("'limit' is a number from 1 to \(Limits.Sessions.maximumPage)")
                }
                count = number
            default: throw Self.wrong("sessions are asked for by 'after' and 'limit'")
            }
        }
        let page = try await port.list(caller, after: cursor, count: count)
        let next = page.hasMore ? page.entries.last.map { SessionCursor($0).text } : nil
        var object = JSONObject()
        object["sessions"] = .array(page.entries.map { SessionDocument.json($0) })
        object["total"] = .integer(Int64(clamping: page.total))
        object["next"] = next.map { .string($0) } ?? .null
        return Self.answer(.object(object))
    }

    private func show(
        _ id: SessionID,
        _ request: HTTPRequest,
        _ port: any SessionPort,
        _ caller: Caller
    ) async throws -> HTTPResponse {
        var after: UInt64?
        for parameter in request.target.parameters {
            guard parameter.name == "after", let number = UInt64(parameter.value) else {
                throw Self.wrong("messages are asked for by 'after', the number of the last one of the page before")
            }
            after = number
        }
        let head = try await port.show(id, caller)
        let page = try await port.messages(id, after: after, caller)
        guard var object = SessionDocument.json(head, page.messages).object else { return Self.answer(.null) }
        let next = page.hasMore ? page.messages.last?.number : nil
        object["next"] = next.map { .integer(Int64(clamping: $0)) } ?? .null
        return Self.answer(.object(object))
    }

    private func export(
        _ id: SessionID,
        _ request: HTTPRequest,
        _ port: any SessionPort,
        _ caller: Caller
    ) async throws -> HTTPResponse {
        // What can be refused is refused before the first byte.
        let head = try await port.show(id, caller)
        let first = try await port.messages(id, after: nil, caller)
        let fields: HTTPFields = [
            .contentType: "application/json", .cacheControl: "no-store",
            .contentDisposition: "attachment; filename=\"\(id.text).json\"",
        ]
        let export = SessionExport(id: id, port: port, caller: caller, head: head, first: first)
        return HTTPResponse(.ok, fields: fields, body: .stream(length: nil) { try await export.write(to: $0) })
    }

    // MARK: Changes

    private func add(
        to id: SessionID,
        _ request: HTTPRequest,
        _ port: any SessionPort,
        _ caller: Caller
    ) async throws -> HTTPResponse {
        let body = try await Self.body(of: request)
        try body.members(among: ["role", "content"])
        let said = try body.required("role")
        guard let role = ChatRole(rawValue: try said.text(bytes: 1...16)) else {
            throw said.wrong("must be 'user' or 'assistant'")
        }
        let text = try body.required("content").text(bytes: 1...Limits.Sessions.maximumMessageBytes)
        let number = try await port.add(text, by: role, to: id, caller)
        return Self.answer(["number": .integer(Int64(clamping: number))], .created)
    }

    private func update(
        _ id: SessionID,
        _ request: HTTPRequest,
        _ port: any SessionPort,
        _ caller: Caller
    ) async throws -> HTTPResponse {
        let change = try SessionContextChange(json: try await Self.body(of: request))
        try await port.update(change, of: id, caller)
        return try await Self.head(of: id, port, caller)
    }

    private func prefer(
        _ id: SessionID,
        _ request: HTTPRequest,
        _ port: any SessionPort,
        _ caller: Caller
    ) async throws -> HTTPResponse {
        let body = try await Self.body(of: request)
        try body.members(among: ["model_preference"])
        guard !body.isNull("model_preference") else {
            try await port.prefer(nil, in: id, caller)
            return try await Self.head(of: id, port, caller)
        }
        let field = try body.required("model_preference")
        let model = try field.text(bytes: 1...Limits.Sessions.maximumModelBytes)
        guard model.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw field.wrong("must be printable ASCII without spaces")
        }
        try await port.prefer(model == "auto" ? nil : model, in: id, caller)
        return try await Self.head(of: id, port, caller)
    }

    private func clear(
        _ id: SessionID,
        _ request: HTTPRequest,
        _ port: any SessionPort,
        _ caller: Caller
    ) async throws -> HTTPResponse {
        try await Self.body(of: request, mayBeEmpty: true).members(among: [])
        try await port.clear(id, caller)
        return try await Self.head(of: id, port, caller)
    }

    // MARK: Both

    /// What the body says; where it may be empty, an empty one says nothing.
    private static func body(of request: HTTPRequest, mayBeEmpty: Bool = false) async throws -> JSONField {
        let bytes = try await request.body.collect(upTo: Limits.Gateway.maximumSessionBodyBytes)
        guard !(bytes.isEmpty && mayBeEmpty) else { return JSONField(.object(JSONObject())) }
        do throws(JSONError) {
            return JSONField(try JSONReader.read(bytes, upTo: Limits.Gateway.maximumSessionBodyBytes))
        } catch {
            // Only the kind is said: the reader's words may quote the document.
            throw wrong("the body is no JSON document that can be read (\(error.code.rawValue))")
        }
    }

    private static func head(
        of id: SessionID,
        _ port: any SessionPort,
        _ caller: Caller
    ) async throws -> HTTPResponse {
        guard var object = SessionDocument.json(try await port.show(id, caller), []).object else {
            return answer(.null)
        }
        object["messages"] = nil
        return answer(.object(object))
    }

    private static func answer(_ json: JSONValue, _ status: HTTPStatus = .ok) -> HTTPResponse {
        var response = HTTPResponse(status, type: "application/json", bytes: JSONWriter.bytes(of: json))
        response.fields.append(.cacheControl, "no-store")
        return response
    }

    private static func wrong(_ message: String) -> HTTPRefusal { HTTPRefusal(.badRequest, "bad_request", message) }
}

extension SessionCursor {
    /// As a client is told it, and tells it again: `1795248900250.trip`.
    var text: String { "\(updated.millisecondsSince1970).\(id.text)" }

    /// The place that `text` names; nil where it names none.
    init?(text: String) {
        guard let point = text.firstIndex(of: "."), let time = Int64(text[..<point]),
            let id = try? SessionID(String(text[text.index(after: point)...]))
        else { return nil }
        self.init(updated: WallTime(millisecondsSince1970: time), id: id)
    }
}

extension HTTPFieldName {
    /// `content-disposition` (RFC 6266).
    static let contentDisposition = HTTPFieldName(known: "content-disposition")
}
