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
    package var json: JSONValue {
        var error = JSONObject()
        error["code"] = .string(code)
        error["message"] = .string(message)
        error["request_id"] = .string(requestID)
        error["field"] = field.map { .string($0) }
        error["retry_after_seconds"] = retryAfterSeconds.map { .number($0) }
        return ["error": .object(error)]
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let outer = try DocumentFields(json, of: "refusal")
        let fields = try DocumentFields(outer["error"] ?? .null, of: "refusal")
        code = try fields.text("code")
        message = try fields.text("message")
        requestID = fields["request_id"]?.text ?? ""
        field = fields["field"]?.text
        retryAfterSeconds = fields["retry_after_seconds"]?.number
    }
}
