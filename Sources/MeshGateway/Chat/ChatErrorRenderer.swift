internal import MeshChat
internal import MeshCore
internal import MeshDialects
internal import MeshHTTP

/// Tells refusals to clients of chats in the shape that their SDKs read, whoever refuses.
struct ChatErrorRenderer: ErrorRenderer {
    /// The shape; nil where the request itself says which.
    let dialect: ChatDialect?

    func response(to refusal: HTTPRefusal, for request: HTTPRequest) -> HTTPResponse {
        let dialect = dialect ?? ChatDialect(of: request)
        let error: ChatErrorCode? =
            switch refusal.status {
            case .unauthorized: .unauthenticated
            case .contentTooLarge: .tooLarge
            case .serviceUnavailable: refusal.code == "overloaded" ? .overloaded : .unavailable
            case .gatewayTimeout: .timedOut
            default: nil
            }
        let answer =
            error.map { dialect.answer(to: ChatError($0, refusal.message), requestID: request.id.text) }
            ?? dialect.answer(
                status: refusal.status.code,
                code: refusal.code,
                message: refusal.message,
                requestID: request.id.text
            )
        var response = HTTPResponse(answer, dialect, request)
        response.fields.append(contentsOf: refusal.fields)
        return response
    }
}

extension ChatDialect {
    /// The dialect in which `request` wants to be answered, where its path does not say.
    init(of request: HTTPRequest) {
        self.init(path: "", hasAnthropicVersion: request.fields.contains(.anthropicVersion))
    }
}

extension HTTPResponse {
    /// A refusal as it is sent.
    init(_ answer: ErrorAnswer, _ dialect: ChatDialect, _ request: HTTPRequest) {
        self.init(HTTPStatus(answer.status), body: .bytes(answer.body))
        fields = ChatFields.json(dialect, request)
        fields.append(answer.fields)
    }
}
