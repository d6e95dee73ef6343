package import MeshJSON

/// Why something was not done, in the shape of every answer that is no success.
package struct ErrorDocument: APIDocument {
    /// A word for programs: `not_connected`.
    package let code: String
    /// A sentence for people.
    package let message: String
    /// What logs call the request.
    package let requestID: String
    /// The part of the request that is to blame: `context.constraints[2]`; nil where none is.
    package let field: String?
    /// After how many seconds the same may succeed; nil where nobody said.
    package let retryAfterSeconds: Double?
    /// What is told of credit that does not suffice; nil where that is not what is wrong.
    package var credit: Credit?

    /// What is told of credit that does not suffice, beside the code: amounts as people write them.
    package struct Credit: Hashable, Sendable {
        /// What it means for what the client does next: `suspend_cloud_access`.
        package let action: String
        /// What would be needed, rounded up: `$0.011`.
        package let needed: String?
        /// What there is, rounded down.
        package let available: String?
        /// Where there is more to be had.
        package let topUpURL: String?

        /// By the keys that documents have.
        package init(members: [(key: String, value: String?)]) {
            func value(_ key: String) -> String? { members.first { $0.key == key }?.value }
            action = value("action") ?? "suspend_cloud_access"
            (needed, available, topUpURL) = (value("needed"), value("available"), value("topup_url"))
        }
    }

    /// A refusal.
    package init(
        code: String,
        message: String,
        requestID: String,
        field: String? = nil,
        retryAfterSeconds: Double? = nil
    ) {
        self.code = code
        self.message = message
        self.requestID = requestID
        self.field = field
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// As the gateway says it.
    ///
    /// Of credit it is told flat, so that programs that know nothing else of it find the word and the amounts.
    package var json: JSONValue {
        if let credit { return json(of: credit) }
        var error = JSONObject()
        error["code"] = .string(code)
        error["message"] = .string(message)
        error["request_id"] = .string(requestID)
        error["field"] = field.map { .string($0) }
        error["retry_after_seconds"] = retryAfterSeconds.map { .number($0) }
        return ["error": .object(error)]
    }

    private func json(of credit: Credit) -> JSONValue {
        func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
        return [
            "error": .string(code), "action": .string(credit.action), "needed": text(credit.needed),
            "available": text(credit.available), "topup_url": text(credit.topUpURL), "message": .string(message),
            "request_id": .string(requestID),
        ]
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let outer = try DocumentFields(json, of: "refusal")
        if let word = outer["error"]?.text {
            code = word
            message = try outer.text("message")
            requestID = outer["request_id"]?.text ?? ""
            (field, retryAfterSeconds) = (nil, nil)
            let keys = ["action", "needed", "available", "topup_url"]
            credit = Credit(members: keys.map { (key: $0, value: outer[$0]?.text) })
            return
        }
        let fields = try DocumentFields(outer["error"] ?? .null, of: "refusal")
        code = try fields.text("code")
        message = try fields.text("message")
        requestID = fields["request_id"]?.text ?? ""
        field = fields["field"]?.text
        retryAfterSeconds = fields["retry_after_seconds"]?.number
    }
}
