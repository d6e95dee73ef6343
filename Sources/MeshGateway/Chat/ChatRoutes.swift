internal import MeshAPI
internal import MeshChat
internal import MeshCore
internal import MeshDialects
internal import MeshHTTP

/// What clients of both vendors' SDKs ask: chats, and which models there are, in either dialect.
///
/// Whatever is refused below their paths, by whomever, is told in the shape that the SDK of the path reads.
struct ChatRoutes: Sendable {
    /// Who answers; nil where nobody does.
    let port: (any ChatPort)?
    let clock: any Clock
    let logger: Logger?
    let room: ChatRoom
    /// How long a chat may take, body and answer included.
    let patience: Duration
    /// How long its body may take to come.
    let uploadPatience: Duration
    /// How long a stream may be silent.
    let heartbeat: Duration
    /// Where the ids of calls come from.
    let generator: Lock<SeededGenerator>

    /// Adds them; `callers` stands before all of them, and says who asks.
    func add(to routes: inout RouterBuilder, behind callers: CallerGuard) {
        let limit = BodyLimit(maximumBytes: Limits.Gateway.maximumChatBytes)
        let middleware: [any Middleware] = [callers, CommandGuard(subject: .chats), limit]
        for (path, rest, dialect) in [
            (APIPath.chat, APIPath.completions, ChatDialect.openAI), (APIPath.messages, "", .anthropic),
        ] {
            routes.group(path, middleware: middleware, errors: ChatErrorRenderer(dialect: dialect)) { routes in
                routes.on(.post, Path.at(rest)) { try await answer($0, dialect) }
            }
        }
        routes.group(APIPath.models, middleware: [callers], errors: ChatErrorRenderer(dialect: nil)) { routes in
            routes.on(.get, Path.at("")) { try await models($0) }
            routes.on(.get, Path.at("").value("id", PathName.self)) { try await model($1.text, $0) }
        }
    }

    // MARK: Models

    private func models(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let port else { throw HTTPRefusal.noChats }
        let dialect = ChatDialect(of: request)
        return Self.answer(dialect.bytes(of: await port.models(), now: clock.wallTime), dialect, request)
    }

    private func model(_ name: String, _ request: HTTPRequest) async throws -> HTTPResponse {
        guard let port else { throw HTTPRefusal.noChats }
        let dialect = ChatDialect(of: request)
        guard let model = await port.model(named: name) else {
            return refusal(ChatError(.unknownModel, "there is no such model"), dialect, request)
        }
        return Self.answer(dialect.bytes(of: model, now: clock.wallTime), dialect, request)
    }

    private static func answer(_ bytes: [UInt8], _ dialect: ChatDialect, _ request: HTTPRequest) -> HTTPResponse {
        HTTPResponse(.ok, fields: ChatFields.json(dialect, request), body: .bytes(bytes))
    }

    // MARK: Chats

    private func answer(_ request: HTTPRequest, _ dialect: ChatDialect) async throws -> HTTPResponse {
        guard let port else { throw HTTPRefusal.noChats }
        guard let caller = request[CallerNote.self] else { throw HTTPRefusal.starting }
        do {
            let now = clock.now
            let deadline = ChatDeadline(instant: now + patience, clock: clock)
            let upload = ChatDeadline(instant: now + min(patience, uploadPatience), clock: clock)
            let place = try room.enter()
            let read = try dialect.read(try await place.collect(request.body, by: upload))
            let call = ChatCall(id: makeID(), caller: caller, request: read.request, deadline: deadline.instant)
            let subject = ChatRecord.Subject(
                id: call.id,
                caller: caller,
                dialect: dialect.rawValue,
                isStreamed: read.request.isStreamed
            )
            let exchange = AnswerExchange(
                telling: ChatTelling(call: call, port: port, dialect: dialect, dropped: read.dropped, clock: clock),
                place: place,
                deadline: deadline,
                heartbeat: heartbeat,
                record: ChatRecord(subject, clock: clock, logger: logger)
            )
            return try await read.request.isStreamed
                ? exchange.stream(for: request) : exchange.whole(for: request)
        } catch let error as ChatError {
            if error.code == .cancelled, Task.isCancelled { throw CancellationError() }
            return refusal(error, dialect, request)
        }
    }

    /// Ours alone: what a client says of its request may be another's, and two calls of one id are one.
    private func makeID() -> UniqueID {
        let wallTime = clock.wallTime
        return generator.withLock { UniqueID(at: wallTime, using: &$0) }
    }

    private func refusal(_ error: ChatError, _ dialect: ChatDialect, _ request: HTTPRequest) -> HTTPResponse {
        var response = HTTPResponse(dialect.answer(to: error, requestID: request.id.text), dialect, request)
        if let allowance = error.failure?.allowance {
            response.fields.append(dialect.fields(of: allowance, now: clock.wallTime))
        }
        return response
    }
}
