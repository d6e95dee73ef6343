internal import MeshChat
internal import MeshCore
internal import MeshDialects
internal import MeshHTTP

/// Speaks both vendors' dialects for the canned engine; no keys, no account, no models but those that it is asked for.
struct ChatSite: HTTPHandler {
    let engine: CannedEngine
    let clock: any Clock

    init(clock: any Clock) {
        self.clock = clock
        engine = CannedEngine(clock: clock)
    }

    func respond(to request: HTTPRequest) async throws -> HTTPResponse {
        let path = request.target.path
        let version = HTTPFieldName("anthropic-version").flatMap { request.fields[$0] }
        let dialect = ChatDialect(path: path, hasAnthropicVersion: version != nil)
        do {
            switch path {
            case "/v1/chat/completions", "/v1/messages": return try await chat(request, dialect)
            case "/v1/models": return json(dialect.bytes(of: [Self.model], now: clock.wallTime))
            case "/v1/models/echo": return json(dialect.bytes(of: Self.model, now: clock.wallTime))
            case "/counters":
                let (running, cancelled) = engine.figures
                return json(Array("{\"running\":\(running),\"cancelled\":\(cancelled)}".utf8))
            default: throw ChatError(.unknownModel, "there is nothing at this path")
            }
        } catch let error as ChatError {
            return refusal(error, request, dialect)
        }
    }

    private func chat(_ request: HTTPRequest, _ dialect: ChatDialect) async throws -> HTTPResponse {
        let read = try dialect.read(try await request.body.collect(upTo: 16_777_216))
        let answer = try engine.answer(read.request)
        let wallTime = clock.wallTime
        var generator = SeededGenerator(seed: UInt64(bitPattern: clock.now.nanoseconds))
        let id = UniqueID(at: wallTime, using: &generator)
        let head = AnswerHead(id: id, created: wallTime, model: read.request.model)
        var response =
            read.request.isStreamed
            ? stream(answer, dialect, head, wantsUsage: read.request.wantsUsage)
            : json(dialect.bytes(of: try await answer.collect(), head: head))
        let allowance = RequestAllowance(limit: 100, remaining: 99, reset: .seconds(60))
        for field in dialect.fields(of: allowance, now: wallTime) { response.fields.append(field) }
        if let name = HTTPFieldName("x-mesh-dropped-parameters"), !read.dropped.isEmpty {
            response.fields.append(name, read.dropped.joined(separator: ", "))
        }
        return response
    }

    private func stream(
        _ answer: CannedAnswer,
        _ dialect: ChatDialect,
        _ head: AnswerHead,
        wantsUsage: Bool
    ) -> HTTPResponse {
        HTTPResponse.events(clock: clock) { output in
            var writer = dialect.writer(head: head, wantsUsage: wantsUsage)
            do {
                while let event = try await answer.next() {
                    let bytes = writer.bytes(for: event)
                    if !bytes.isEmpty { try await output.send(bytes) }
                }
            } catch let error as ChatError {
                try await output.send(writer.bytes(for: error))
            }
        }
    }

    private func json(_ bytes: [UInt8]) -> HTTPResponse { HTTPResponse(type: "application/json", bytes: bytes) }

    private func refusal(_ error: ChatError, _ request: HTTPRequest, _ dialect: ChatDialect) -> HTTPResponse {
        let answer = dialect.answer(to: error, requestID: request.id.text)
        var response = HTTPResponse(HTTPStatus(answer.status), fields: [.contentType: "application/json"])
        response.body = .bytes(answer.body)
        for field in answer.fields { response.fields.append(field) }
        return response
    }

    private static let model = ModelDescription(
        name: "echo",
        owner: "meshnode",
        created: WallTime(millisecondsSince1970: 1_790_000_000_000),
        contextTokens: 2_048,
        maximumOutputTokens: 512,
        ends: WallTime(millisecondsSince1970: 1_900_000_000_000)
    )
}

extension HTTPFields {
    fileprivate mutating func append(_ field: ErrorAnswer.Field) {
        if let name = HTTPFieldName(field.name) { append(name, field.value) }
    }
}
