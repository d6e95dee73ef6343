internal import MeshChat
internal import MeshCore
internal import MeshDialects
internal import MeshHTTP

/// A chat, told as the client's SDK reads it.
struct ChatTelling: AnswerTelling {
    let call: ChatCall
    let port: any ChatPort
    let dialect: ChatDialect
    /// What of the request nobody reads.
    let dropped: [String]
    let clock: any Clock

    var pulse: [UInt8] { dialect.pulse }

    func begin() async throws(ChatError) -> any ChatRun { try await port.begin(call) }

    func answer(_ run: any ChatRun) -> any ChatAnswer { run }

    func note(_ run: any ChatRun, in record: ChatRecord) { record.begin(run, model: run.model, engine: run.engine) }

    func whole(_ reply: ChatReply, of run: any ChatRun, for request: HTTPRequest) -> HTTPResponse {
        var fields = ChatFields.json(dialect, request)
        fields.append(telling: run, alsoDropped: dropped, dialect, now: clock.wallTime)
        return HTTPResponse(.ok, fields: fields, body: .bytes(dialect.bytes(of: reply, head: head(run.model))))
    }

    func fields(of run: (any ChatRun)?, for request: HTTPRequest) -> HTTPFields {
        var fields = HTTPFields()
        fields.append(naming: request, dialect)
        if let run { fields.append(telling: run, alsoDropped: dropped, dialect, now: clock.wallTime) }
        return fields
    }

    func writer(of run: (any ChatRun)?) -> ChatStreamWriter {
        dialect.writer(head: head(run?.model ?? call.request.model), wantsUsage: run != nil && call.request.wantsUsage)
    }

    private func head(_ model: String) -> AnswerHead {
        AnswerHead(id: call.id, created: clock.wallTime, model: model)
    }
}

extension ChatStreamWriter: AnswerWriter {
    /// Nothing: the dialects begin with their first event.
    mutating func opening() -> [UInt8] { [] }
}
