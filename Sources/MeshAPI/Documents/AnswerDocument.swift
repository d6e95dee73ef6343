package import MeshJSON

/// The answer to a question: `POST /v1/escalate`, and, without its words, the end of `POST /v1/stream`.
package struct AnswerDocument: APIDocument {
    /// By which the application knows its question.
    package var request: String
    /// The number of the run that answered.
    package var run: String
    /// The conversation that it belongs to; nil where to none.
    package var session: String?
    /// The model that answered.
    package var model: String
    /// What it said; nil where that was told piece by piece.
    package var content: String?
    /// Bytes of what it said, where that was told piece by piece.
    package var length: Int64?
    /// Why it is over: `end_turn`, `max_tokens`, and others; nil where nobody knows any more.
    package var stopReason: String?
    /// Whether it said more than was kept.
    package var isTruncated = false
    /// What of the question did not fit, and the model was not told; nil where nobody knows any more.
    package var leftOut: LeftOut?
    /// What was used.
    package var usage: Tokens
    /// What that costs; nil where nobody has said.
    package var cost: Cost?
    /// What the privacy proxy has done; nil where there is none: on a hub.
    package var privacy: Privacy?

    /// An answer of these parts.
    package init(request: String, run: String, model: String, stopReason: String?, usage: Tokens) {
        self.request = request
        self.run = run
        self.model = model
        self.stopReason = stopReason
        self.usage = usage
    }

    /// As the gateway says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["request_id"] = .string(request)
        object["run_id"] = .string(run)
        object["session_id"] = session.map { .string($0) }
        object["model"] = .string(model)
        object["content"] = content.map { .string($0) }
        object["length"] = length.map { .integer($0) }
        object["stop_reason"] = stopReason.map { .string($0) }
        if isTruncated { object["truncated"] = true }
        object["left_out"] = leftOut?.json
        object["usage"] = usage.json
        object["cost"] = cost?.json ?? .null
        object["privacy"] = privacy?.json ?? .null
        return .object(object)
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "answer")
        request = try fields.text("request_id")
        run = try fields.text("run_id")
        session = fields["session_id"]?.text
        model = try fields.text("model")
        content = fields["content"]?.text
        length = fields["length"]?.integer
        stopReason = fields["stop_reason"]?.text
        isTruncated = fields["truncated"]?.bool ?? false
        leftOut = try fields.optional("left_out", LeftOut.self)
        usage = try fields.document("usage", Tokens.self)
        cost = try fields.optional("cost", Cost.self)
        privacy = try fields.optional("privacy", Privacy.self)
    }
}

/// The beginning of `POST /v1/stream`: who answers.
package struct AnswerStartDocument: APIDocument {
    /// By which the application knows its question.
    package let request: String
    /// The number of the run that answers.
    package let run: String
    /// The conversation that it belongs to; nil where to none.
    package let session: String?
    /// The model that answers.
    package let model: String

    /// An answer of `model`.
    package init(request: String, run: String, session: String?, model: String) {
        self.request = request
        self.run = run
        self.session = session
        self.model = model
    }

    /// As the gateway says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["request_id"] = .string(request)
        object["run_id"] = .string(run)
        object["session_id"] = session.map { .string($0) }
        object["model"] = .string(model)
        return .object(object)
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "beginning of an answer")
        request = try fields.text("request_id")
        run = try fields.text("run_id")
        session = fields["session_id"]?.text
        model = try fields.text("model")
    }
}

/// How a question stands that waits for a hub: `POST /v1/escalate` with `Prefer: respond-async`.
package struct AskDocument: APIDocument {
    /// How it can stand.
    package enum State: String, CaseIterable, Hashable, Sendable {
        /// It has not been asked yet.
        case waiting
        /// It is being answered.
        case asked
    }

    /// By which the application knows its question.
    package let request: String
    /// How it stands.
    package let state: State

    /// The question `request` stands as `state`.
    package init(request: String, state: State) {
        self.request = request
        self.state = state
    }

    /// As the gateway says it.
    package var json: JSONValue { ["request_id": .string(request), "state": .string(state.rawValue)] }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "question that waits")
        request = try fields.text("request_id")
        state = try fields.word("state", State.self)
    }
}
