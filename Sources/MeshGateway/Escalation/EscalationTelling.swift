internal import MeshAPI
internal import MeshChat
internal import MeshCore
internal import MeshEscalation
internal import MeshHTTP
internal import MeshJSON

/// A question, told as docs/api.md says: whole as one document, piece by piece as events with offsets.
struct EscalationTelling: AnswerTelling {
    let call: EscalationCall
    let port: any EscalationPort
    /// By which logs name what the client asks.
    let requestID: RequestID

    var pulse: [UInt8] { ServerSentEvent.comment("ping") }

    func begin() async throws(ChatError) -> any EscalationRun {
        do throws(EscalationFailure) { return try await port.begin(call) } catch { throw error.chatError }
    }

    func answer(_ run: any EscalationRun) -> any ChatAnswer { run }

    func note(_ run: any EscalationRun, in record: ChatRecord) { record.begin(run, model: run.model, engine: nil) }

    func whole(_ reply: ChatReply, of run: any EscalationRun, for request: HTTPRequest) -> HTTPResponse {
        var document = AnswerDocument(
            request: call.request.id,
            run: run.run.description,
            model: run.model,
            stopReason: reply.stopReason.word,
            usage: AnswerDocument.Tokens(reply.usage)
        )
        document.session = call.request.session?.text
        document.content = reply.text
        document.cost = AnswerDocument.Cost(run.cost, run.charge)
        document.privacy = run.privacy.map { AnswerDocument.Privacy($0) }
        return HTTPResponse(document)
    }

    func fields(of run: (any EscalationRun)?, for request: HTTPRequest) -> HTTPFields { HTTPFields() }

    func writer(of run: (any EscalationRun)?) -> EscalationWriter {
        EscalationWriter(request: call.request, run: run, requestID: requestID)
    }
}

/// Writes the events of an answer to a question: `started`, `chunk` and `thinking`, then `end` or `error`.
struct EscalationWriter: AnswerWriter {
    let request: EscalationRequest
    /// Nil where nothing comes but an error.
    let run: (any EscalationRun)?
    let requestID: RequestID
    /// Bytes of words so far.
    private var length: Int64 = 0
    private var usage: ChatUsage?

    init(request: EscalationRequest, run: (any EscalationRun)?, requestID: RequestID) {
        self.request = request
        self.run = run
        self.requestID = requestID
    }

    func opening() -> [UInt8] {
        guard let run else { return [] }
        let start = AnswerStartDocument(
            request: request.id,
            run: run.run.description,
            session: request.session?.text,
            model: run.model
        )
        return Self.event("started", start.json)
    }

    mutating func bytes(for event: ChatEvent) -> [UInt8] {
        switch event {
        case .text(let text):
            defer { length += Int64(text.utf8.count) }
            return Self.event("chunk", ["offset": .integer(length), "text": .string(text)])
        case .thinking(let text): return Self.event("thinking", ["text": .string(text)])
        case .usage(let usage):
            self.usage = usage
            return []
        case .ended(let reason): return Self.event("end", end(reason))
        case .started, .thinkingSigned, .thinkingSealed, .toolUseStarted, .toolUseArguments, .toolUseEnded: return []
        }
    }

    func bytes(for error: ChatError) -> [UInt8] {
        Self.event("error", EscalationFailure(telling: error).document(requestID).json)
    }

    private func end(_ reason: StopReason) -> JSONValue {
        guard let run else { return .null }
        var document = AnswerDocument(
            request: request.id,
            run: run.run.description,
            model: run.model,
            stopReason: reason.word,
            usage: AnswerDocument.Tokens(usage ?? run.usageSoFar)
        )
        document.session = request.session?.text
        document.length = length
        document.cost = AnswerDocument.Cost(run.cost, run.charge)
        document.privacy = run.privacy.map { AnswerDocument.Privacy($0) }
        return document.json
    }

    private static func event(_ name: String, _ data: JSONValue) -> [UInt8] {
        ServerSentEvent(JSONWriter.text(of: data), event: name).bytes
    }
}
