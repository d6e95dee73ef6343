internal import MeshAPI
internal import MeshHTTP
internal import MeshJSON

extension HTTPResponse {
    /// What a client is told of a member of its body that is not what the route wants, by the member's name.
    init(_ error: JSONFieldError, in request: HTTPRequest) {
        let document = ErrorDocument(
            code: "invalid_field",
            message: error.description,
            requestID: request.id.text,
            field: error.path.isEmpty ? nil : error.path
        )
        self.init(document, status: .badRequest)
    }
}
