internal import MeshAPI
internal import MeshChat
internal import MeshCore
internal import MeshEscalation
internal import MeshHTTP
internal import MeshIdentity

/// Questions with all that goes with them: answered whole, piece by piece, or when there is a hub.
struct EscalationRoutes: Sendable {
    /// Who answers; nil where nobody does.
    let port: (any EscalationPort)?
    let clock: any Clock
    let logger: Logger?
    /// The room of all answers of the node, chats included.
    let room: ChatRoom
    /// How long an answer may take, its request included.
    let patience: Duration
    /// How long a request's body may take to come.
    let uploadPatience: Duration
    /// How long a stream may be silent.
    let heartbeat: Duration

    /// Adds them; `callers` stands before all of them, and says who asks.
    func add(to routes: inout RouterBuilder, behind callers: CallerGuard) {
        let limit = BodyLimit(maximumBytes: Limits.Escalation.maximumDocumentBytes)
        // A question that waits is fetched once: pages of others shall not fetch it.
        routes.group(middleware: [callers, CommandGuard(subject: .conversations), limit]) { routes in
            routes.on(.post, Path.at(APIPath.escalate)) { try await told($0) { try await ask($0, isStreamed: false) } }
            routes.on(.post, Path.at(APIPath.stream)) { try await told($0) { try await ask($0, isStreamed: true) } }
            routes.on(.post, Path.at(APIPath.redact)) { try await told($0) { try await preview($0) } }
            routes.on(.get, Path.at(APIPath.escalate).value("request_id", PathName.self)) { request, id in
                try await told(request) { try await fetch(id.text, $0) }
            }
        }
    }

    /// What `body` answers to `request`, its failures in the shape of all errors.
    private func told(
        _ request: HTTPRequest,
        _ body: (HTTPRequest) async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        do {
            return try await body(request)
        } catch let failure as EscalationFailure {
            return failure.answer(request.id)
        } catch let error as ChatError {
            if error.code == .cancelled, Task.isCancelled { throw CancellationError() }
            return EscalationFailure(telling: error).answer(request.id)
        }
    }

    private func found(_ request: HTTPRequest) throws(HTTPRefusal) -> (any EscalationPort, Caller) {
        guard let port else { throw .noQuestions }
        guard let caller = request[CallerNote.self] else { throw .starting }
        return (port, caller)
    }

    // MARK: Asking

    private func ask(_ request: HTTPRequest, isStreamed: Bool) async throws -> HTTPResponse {
        let (port, caller) = try found(request)
        let now = clock.now
        let deadline = ChatDeadline(instant: now + patience, clock: clock)
        let upload = ChatDeadline(instant: now + min(patience, uploadPatience), clock: clock)
        let place = try room.enter()
        let question = try EscalationRequest.read(try await place.collect(request.body, by: upload))
        let call = EscalationCall(caller: caller, request: question, deadline: deadline.instant)
        if !isStreamed, request.fields.prefersAsync { return try await enqueue(call, at: port, request) }
        let subject = ChatRecord.Subject(
            id: EscalationRequest.run(of: question.id, asker: caller.asker),
            caller: caller,
            dialect: "escalation",
            isStreamed: isStreamed
        )
        let exchange = AnswerExchange(
            telling: EscalationTelling(call: call, port: port, requestID: request.id),
            place: place,
            deadline: deadline,
            heartbeat: heartbeat,
            record: ChatRecord(subject, clock: clock, logger: logger)
        )
        return try await isStreamed ? exchange.stream(for: request) : exchange.whole(for: request)
    }

    /// What would leave, and nothing is asked.
    private func preview(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (port, caller) = try found(request)
        let now = clock.now
        let upload = ChatDeadline(instant: now + min(patience, uploadPatience), clock: clock)
        let place = try room.enter()
        let question = try EscalationRequest.read(try await place.collect(request.body, by: upload))
        let call = EscalationCall(caller: caller, request: question, deadline: now + patience)
        return HTTPResponse(PreviewDocument(try await port.preview(call), request: question.id))
    }

    // MARK: Waiting

    private func enqueue(
        _ call: EscalationCall,
        at port: any EscalationPort,
        _ request: HTTPRequest
    ) async throws -> HTTPResponse {
        let location = APIPath.escalation(call.request.id)
        // An id that is no part of a path (`..`) could never be asked for again.
        guard !call.request.id.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw EscalationFailure(
                .invalidField,
                "request_id cannot stand in a path, by which the answer is fetched",
                field: "request_id"
            )
        }
        var response = try answer(try await port.enqueue(call), to: call.request.id, request)
        response.fields.append(.location, location)
        response.fields.append(.preferenceApplied, "respond-async")
        return response
    }

    private func fetch(_ id: String, _ request: HTTPRequest) async throws -> HTTPResponse {
        let (port, caller) = try found(request)
        return try answer(try await port.standing(of: id, caller: caller), to: id, request)
    }

    private func answer(_ standing: AskStanding, to id: String, _ request: HTTPRequest) throws -> HTTPResponse {
        switch standing {
        case .waiting: return Self.waiting(AskDocument(request: id, state: .waiting))
        case .asked: return Self.waiting(AskDocument(request: id, state: .asked))
        case .answered(let reply, let run, let cost, let charge, let privacy):
            var document = AnswerDocument(
                request: id,
                run: run.description,
                model: reply.start.model,
                stopReason: reply.stopReason.word,
                usage: AnswerDocument.Tokens(reply.usage)
            )
            document.content = reply.text
            document.cost = AnswerDocument.Cost(cost, charge)
            document.privacy = privacy.map { AnswerDocument.Privacy($0) }
            return HTTPResponse(document)
        case .failed(let failure): throw failure
        case .unknown: throw HTTPRefusal.unknownQuestion
        }
    }

    private static func waiting(_ document: AskDocument) -> HTTPResponse {
        var response = HTTPResponse(document, status: .accepted)
        response.fields.append(retryAfter: Limits.Gateway.retryAfter)
        return response
    }
}

extension Caller {
    /// Whose requests are told apart by their ids: two keys are two askers, and so are two tenants.
    package var asker: String { "\(tenant.text)/\(key ?? "")" }
}

extension HTTPFields {
    /// Whether the client would rather not wait (RFC 7240 §4.1).
    fileprivate var prefersAsync: Bool {
        values(of: .prefer).contains { value in
            value.split(separator: ",").contains { preference in
                let token = preference.prefix { $0 != ";" && $0 != "=" }
                return token.trimming { $0 == " " || $0 == "\t" }.lowercased() == "respond-async"
            }
        }
    }
}

extension Substring {
    fileprivate func trimming(_ isSpace: (Character) -> Bool) -> Substring {
        var text = drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }
}

extension HTTPFieldName {
    /// `prefer` (RFC 7240).
    static let prefer = HTTPFieldName(known: "prefer")
    /// `preference-applied` (RFC 7240).
    static let preferenceApplied = HTTPFieldName(known: "preference-applied")
}

extension HTTPRefusal {
    /// What is asked of a node that answers no questions.
    static let noQuestions = HTTPRefusal(.notFound, "not_here", "this node answers no questions")

    /// A question that nobody asked, that was fetched, or has expired.
    static let unknownQuestion = HTTPRefusal(
        .notFound,
        "unknown_request",
        "no question of this id waits here: it was never asked, its answer was fetched, or it has expired"
    )
}
