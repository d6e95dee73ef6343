package import MeshCore
package import MeshJSON
package import MeshSessions

/// What an application asks its node: a question, and the application's own names for it, which never travel.
///
/// An application may ask again with the same ``id``: it is the same run, with the same answer, as long as the same is
/// asked. `request_id`, `query` and `max_tokens` are enough.
package struct EscalationRequest: Hashable, Sendable {
    /// By which the application knows it.
    package var id: String

    /// The conversation that it belongs to; nil where to none.
    package var session: SessionID?

    /// What is asked.
    package var question: Question<UnredactedText>

    /// The request `id`.
    package init(id: String, session: SessionID? = nil, question: Question<UnredactedText>) {
        self.id = id
        self.session = session
        self.question = question
    }

    /// The run that answers the request `id` of `asker`: a number that says nothing of either to whoever sees it.
    ///
    /// It is made of both, so that the same request is the same run after a restart of the edge too, and two askers'
    /// requests are never one.
    package static func run(of id: String, asker: String) -> UniqueID {
        UniqueID(hashOf: Array("run\u{0}\(asker)\u{0}\(id)".utf8))
    }

    /// By which what `asker` asks is told from something else under the same id: the hash of the request as it came,
    /// which says nothing of it to whoever does not know the asker's secret.
    ///
    /// What a session adds is not in it, so that what is asked again meets its own run, whatever was said meanwhile.
    package func digest(asker: String) -> SHA256Digest {
        SHA256.digest(Array("ask\u{0}\(asker)\u{0}\(JSONWriter.text(of: json))".utf8))
    }
}

// MARK: - JSON

extension EscalationRequest {
    private static let members: Set<String> = [
        "request_id", "session_id", "query", "context", "model_preference", "max_tokens", "project_id", "lora_id",
    ]

    /// The request in a body; the error names the field that is to blame.
    package static func read(_ body: [UInt8]) throws(EscalationFailure) -> EscalationRequest {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONReader.read(body, upTo: Limits.Escalation.maximumDocumentBytes)
        } catch {
            // Of a document that cannot be read only the place is said: the reader's words may quote it.
            throw EscalationFailure(
                .malformed,
                "the body is no JSON document that can be read (\(error.code.rawValue))"
            )
        }
        guard document.object != nil else { throw EscalationFailure(.malformed, "the body is no JSON object") }
        let request: EscalationRequest
        do throws(JSONFieldError) {
            request = try EscalationRequest(json: JSONField(document))
        } catch {
            throw .field(error.path, error.problem)
        }
        try request.question.check()
        return request
    }

    private init(json field: JSONField) throws(JSONFieldError) {
        try field.members(among: Self.members)
        id = try Self.name(field.required("request_id"), Limits.Escalation.maximumRequestIDBytes)
        let query = try field.required("query").text(bytes: 1...Limits.Escalation.maximumQueryBytes)
        let tokens = try field.required("max_tokens").integer(1...Limits.Escalation.maximumTokens)
        question = Question(UnredactedText(query), maximumTokens: tokens)
        if let session = field["session_id"] {
            let text = try Self.name(session, Limits.Identifier.maximumBytes)
            do throws(CoreError) { self.session = try SessionID(text) } catch {
                throw session.wrong("is made of lowercase letters, digits, '-', '_' and '.'")
            }
        }
        if let context = field["context"] {
            let context = try SessionContext(json: context)
            question.framing = context.framing.map { UnredactedText($0) }
            question.knowledge = context.knowledge.map { Question.Knowledge($0) }
            question.constraints = context.constraints.map { UnredactedText($0) }
        }
        if let model = field["model_preference"] {
            let name = try Self.name(model, Limits.Escalation.maximumModelBytes)
            question.model = name == "auto" ? nil : name
        }
        question.project = try field["project_id"].map { (name) throws(JSONFieldError) in
            try Self.name(name, Limits.Escalation.maximumNameBytes)
        }
        question.adapter = try field["lora_id"].map { (name) throws(JSONFieldError) in
            try Self.name(name, Limits.Escalation.maximumNameBytes)
        }
    }

    /// Printable ASCII without spaces, which can stand in a header and in a log.
    private static func name(_ field: JSONField, _ limit: Int) throws(JSONFieldError) -> String {
        let text = try field.text(bytes: 1...limit)
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw field.wrong("must be printable ASCII without spaces")
        }
        return text
    }

    /// As a document that ``read(_:)`` reads.
    package var json: JSONValue {
        var object = JSONObject()
        object["request_id"] = .string(id)
        object["session_id"] = session.map { .string($0.text) }
        object["query"] = .string(question.query.text)
        let context = SessionContext(
            framing: question.framing?.text,
            knowledge: question.knowledge.map { KnowledgePiece(name: $0.name?.text, text: $0.text.text) },
            constraints: question.constraints.map(\.text)
        )
        if !context.isEmpty { object["context"] = context.json }
        object["model_preference"] = question.model.map { .string($0) }
        object["max_tokens"] = .integer(Int64(question.maximumTokens))
        object["project_id"] = question.project.map { .string($0) }
        object["lora_id"] = question.adapter.map { .string($0) }
        return .object(object)
    }
}
