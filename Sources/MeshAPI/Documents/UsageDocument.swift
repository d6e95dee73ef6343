package import MeshJSON

/// What a tenant has used since its node began: `GET /v1/usage`.
package struct UsageDocument: APIDocument {
    /// Since when it is counted.
    package let since: String
    /// Calls to all models.
    package let requests: UInt64
    /// Their tokens.
    package let tokens: AnswerDocument.Tokens
    /// What they cost; nil where nobody has said.
    package let cost: AnswerDocument.Cost?
    /// The same, by model, in the order of their names.
    package let models: [Model]

    /// What one model was used for.
    package struct Model: APIDocument {
        /// Its name.
        package let model: String
        /// Calls to it.
        package let requests: UInt64
        /// Their tokens.
        package let tokens: AnswerDocument.Tokens
        /// What they cost; nil where nobody has said.
        package let cost: AnswerDocument.Cost?

        /// What `model` was used for.
        package init(
            model: String,
            requests: UInt64,
            tokens: AnswerDocument.Tokens,
            cost: AnswerDocument.Cost?
        ) {
            self.model = model
            self.requests = requests
            self.tokens = tokens
            self.cost = cost
        }

        /// As the gateway says it.
        package var json: JSONValue {
            var object = JSONObject()
            object["model"] = .string(model)
            object.append(requests, tokens, cost)
            return .object(object)
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "model's usage")
            model = try fields.text("model")
            requests = UInt64(clamping: try fields.integer("requests"))
            tokens = try AnswerDocument.Tokens(json: json)
            cost = try fields.optional("cost", AnswerDocument.Cost.self)
        }
    }

    /// What was used `since` then.
    package init(
        since: String,
        requests: UInt64,
        tokens: AnswerDocument.Tokens,
        cost: AnswerDocument.Cost?,
        models: [Model]
    ) {
        self.since = since
        self.requests = requests
        self.tokens = tokens
        self.cost = cost
        self.models = models
    }

    /// As the gateway says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["since"] = .string(since)
        object.append(requests, tokens, cost)
        object["models"] = .array(models.map(\.json))
        return .object(object)
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "usage")
        since = try fields.text("since")
        requests = UInt64(clamping: try fields.integer("requests"))
        tokens = try AnswerDocument.Tokens(json: json)
        cost = try fields.optional("cost", AnswerDocument.Cost.self)
        models = try fields.list("models", of: Model.self)
    }
}

extension JSONObject {
    fileprivate mutating func append(
        _ requests: UInt64,
        _ tokens: AnswerDocument.Tokens,
        _ cost: AnswerDocument.Cost?
    ) {
        self["requests"] = .count(requests)
        for member in tokens.json.object?.members ?? [] { self[member.key] = member.value }
        self["cost"] = cost?.json ?? .null
    }
}
