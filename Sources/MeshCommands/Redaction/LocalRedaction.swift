internal import MeshChat
internal import MeshCore
internal import MeshDialects
internal import MeshEscalation
package import MeshJSON
package import MeshPrivacy
internal import MeshSessions

/// What the privacy proxy of an edge would do to a text or a request, with a key that is thrown away.
package struct LocalRedaction: Sendable {
    /// What was replaced, how many pieces of each kind.
    package private(set) var counts: [PersonalKind: Int] = [:]
    /// Pictures and sealed bytes, which nobody can look into.
    package private(set) var unsearched = 0
    /// Members of a request that no edge passes on.
    package private(set) var dropped: [String] = []

    private let redactor: Redactor
    private var map: PlaceholderMap

    /// A redaction by a policy, for own terms, with placeholders that follow from `random`, a key's worth of bytes.
    package init(policy: PrivacyPolicy, terms: OwnTerms, random: [UInt8]) {
        redactor = Redactor(policy: policy, terms: terms)
        guard let secret = random.withUnsafeBytes({ TokenKey(copying: $0) }), let tenant = try? TenantID("local") else {
            preconditionFailure("a key has \(TokenKey.byteCount) bytes")
        }
        let key = PlaceholderKey(secret: secret, tenant: tenant, session: "redact")
        map = PlaceholderMap(key: key, now: WallTime(millisecondsSince1970: 0))
    }

    /// Every placeholder that was given out, and what it stands for.
    package var pairs: [(placeholder: Placeholder, kind: PersonalKind, original: String)] { map.pairs }

    /// How many pieces were replaced.
    package var total: Int { counts.values.reduce(0, +) }

    /// The text as it would leave.
    package mutating func text(_ text: String) throws(PrivacyError) -> String {
        try redact(text, "text")
    }

    /// The request as it would leave: one of `/v1/escalate`, or a chat in the dialect of either vendor.
    package mutating func request(_ bytes: [UInt8]) throws -> JSONValue {
        let json: JSONValue
        do throws(JSONError) { json = try JSONReader.read(bytes, upTo: Limits.Commands.maximumRedactBytes) } catch {
            throw QuestionFault("the request is no JSON: \(error.message)")
        }
        if json["query"] != nil { return try escalation(bytes) }
        guard json["messages"] != nil else {
            throw QuestionFault("the request has neither 'query', as one to escalate, nor 'messages', as a chat")
        }
        return try chat(bytes, isAnthropic: Self.isAnthropic(json))
    }

    private mutating func redact(_ text: String, _ field: String) throws(PrivacyError) -> String {
        let (redacted, report) = try redactor.redact(text, field: field, with: &map)
        for (kind, count) in report.counts { counts[kind, default: 0] += count }
        return redacted.text
    }

    private mutating func escalation(_ bytes: [UInt8]) throws -> JSONValue {
        let question: Question<UnredactedText>
        do throws(EscalationFailure) { question = try EscalationRequest.read(bytes).question } catch {
            throw QuestionFault(error.message)
        }
        // A name that is known from a later text is replaced in the earlier ones as well: the second pass counts.
        _ = try self.question(question)
        counts = [:]
        return try self.question(question)
    }

    private mutating func question(_ question: Question<UnredactedText>) throws(PrivacyError) -> JSONValue {
        var context = SessionContext()
        if let framing = question.framing { context.framing = try redact(framing.text, "context.pathos_framing") }
        for (index, rule) in question.constraints.enumerated() {
            context.constraints.append(try redact(rule.text, "context.constraints[\(index)]"))
        }
        for (index, piece) in question.knowledge.enumerated() {
            let field = "context.local_knowledge[\(index)]"
            let name: String? = if let name = piece.name { try redact(name.text, "\(field).name") } else { nil }
            context.knowledge.append(KnowledgePiece(name: name, text: try redact(piece.text.text, field)))
        }
        // The asker's own names for request and session stay on the edge.
        var object = JSONObject()
        object["query"] = .string(try redact(question.query.text, "query"))
        if !context.isEmpty { object["context"] = context.json }
        // Names that the asker has chosen travel as well.
        if let name = question.model { object["model_preference"] = .string(try redact(name, "model_preference")) }
        object["max_tokens"] = .integer(Int64(question.maximumTokens))
        if let name = question.project { object["project_id"] = .string(try redact(name, "project_id")) }
        if let name = question.adapter { object["lora_id"] = .string(try redact(name, "lora_id")) }
        return .object(object)
    }

    private mutating func chat(_ bytes: [UInt8], isAnthropic: Bool) throws -> JSONValue {
        let read: ReadRequest
        do throws(ChatError) { read = try (isAnthropic ? ChatDialect.anthropic : .openAI).read(bytes) } catch {
            throw QuestionFault("the request is no chat: \(error.message)")
        }
        dropped = read.dropped
        let redacted = try redactor.redact(read.request, with: &map)
        counts = redacted.report.counts
        unsearched = redacted.report.unsearched
        let request = redacted.request
        if isAnthropic {
            let most = request.maximumOutputTokens ?? Limits.Commands.usualTokens
            let bytes = AnthropicRequestWriter.bytes(of: request, model: request.model, maximumOutputTokens: most)
            return try JSONReader.read(bytes)
        }
        var traits = OpenAITraits.openAI
        traits.forwardsUser = true
        return OpenAIRequestWriter.value(of: request, model: request.model, traits: traits)
    }

    /// What only Anthropic's dialect has: a system text of its own, tools with their schema beside their name.
    private static func isAnthropic(_ json: JSONValue) -> Bool {
        if json["system"] != nil || json["stop_sequences"] != nil { return true }
        return json["tools"]?.array?.contains { $0["input_schema"] != nil } ?? false
    }
}
