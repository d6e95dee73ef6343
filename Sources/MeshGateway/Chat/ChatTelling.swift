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
        fields.append(run.charge)
        return HTTPResponse(.ok, fields: fields, body: .bytes(dialect.bytes(of: reply, head: head(run.model))))
    }

    func fields(of run: (any ChatRun)?, for request: HTTPRequest) -> HTTPFields {
        var fields = HTTPFields()
        fields.append(naming: request, dialect)
        if let run { fields.append(telling: run, alsoDropped: dropped, dialect, now: clock.wallTime) }
        return fields
    }

    func writer(of run: (any ChatRun)?) -> ChatWriter {
        let head = head(run?.model ?? call.request.model)
        let writer = dialect.writer(head: head, wantsUsage: run != nil && call.request.wantsUsage)
        return ChatWriter(writer: writer, run: run)
    }

    private func head(_ model: String) -> AnswerHead {
        AnswerHead(id: call.id, created: clock.wallTime, model: model)
    }
}

/// Writes a stream in its client's dialect, and in front of its end what it was charged.
struct ChatWriter: AnswerWriter {
    var writer: ChatStreamWriter
    /// Nil where nothing comes but an error.
    let run: (any ChatRun)?

    /// Nothing: the dialects begin with their first event.
    mutating func opening() -> [UInt8] { [] }

    mutating func bytes(for event: ChatEvent) -> [UInt8] {
        let bytes = writer.bytes(for: event)
        guard case .ended = event, let charge = run?.charge else { return bytes }
        return Self.comment(charge) + bytes
    }

    func bytes(for error: ChatError) -> [UInt8] { writer.bytes(for: error) }

    /// A comment of the stream, which SDKs skip: neither vendor has a place for it.
    private static func comment(_ charge: CallCharge) -> [UInt8] {
        ServerSentEvent.comment(charge.fields.map { "\($0.name): \($0.value)" }.joined(separator: "; "))
    }
}
