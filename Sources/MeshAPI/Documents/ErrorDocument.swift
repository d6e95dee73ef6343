package import MeshJSON

/// Why something was not done, in the shape of every answer that is no success.
package struct ErrorDocument: APIDocument {
    /// A word for programs: `not_connected`.
    package let code: String
    /// A sentence for people.
    package let message: String
    /// What logs call the request.
    package let requestID: String

    /// A refusal.
    package init(code: String, message: String, requestID: String) {
        self.code = code
        self.message = message
        self.requestID = requestID
    }

    /// As the gateway says it.
    package var json: JSONValue {
        ["error": ["code": .string(code), "message": .string(message), "request_id": .string(requestID)]]
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let outer = try DocumentFields(json, of: "refusal")
        let fields = try DocumentFields(outer["error"] ?? .null, of: "refusal")
        code = try fields.text("code")
        message = try fields.text("message")
        requestID = fields["request_id"]?.text ?? ""
    }
}
