internal import MeshCore

/// A reason not to do what is asked, as the client is told it.
package struct HTTPRefusal: Error, Hashable, Sendable {
    /// How it went.
    package let status: HTTPStatus

    /// A word for programs, in snake case: `not_found`.
    package let code: String

    /// A sentence for people, without anything that is not theirs to know.
    package let message: String

    /// Fields that go with it, such as `allow` or `retry-after`.
    package let fields: HTTPFields

    /// A refusal for this reason.
    package init(_ status: HTTPStatus, _ code: String, _ message: String, fields: HTTPFields = HTTPFields()) {
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
    }
}

// MARK: - Of errors

extension HTTPRefusal {
    /// What a client is told of `error`: a refusal as it is, what it did wrong itself, and of anything else nothing.
    package init(telling error: any Error) {
        switch error {
        case let refusal as HTTPRefusal: self = refusal
        case let error as HTTPError: self = Self.telling(error.code)
        default: self = .internalError
        }
    }

    private static func telling(_ code: HTTPErrorCode) -> HTTPRefusal {
        switch code {
        case .malformed: HTTPRefusal(.badRequest, "bad_request", "the request cannot be understood")
        case .tooLarge: .longBody
        case .timedOut: .tooSlow
        case .stopping: HTTPRefusal(.serviceUnavailable, "stopping", "this node is stopping")
        case .tooMany: HTTPRefusal(.serviceUnavailable, "overloaded", "this node has no room for more")
        case .closed, .unreachable, .untrusted, .libraryFailed: .internalError
        }
    }

    /// 500, which says nothing of why.
    static let internalError = HTTPRefusal(.internalServerError, "internal_error", "something went wrong here")

    /// 408.
    static let tooSlow = HTTPRefusal(.requestTimeout, "request_timeout", "the request did not come in time")
}

// MARK: - As an answer

extension HTTPRefusal {
    /// The one shape in which clients are told of errors: `{"error":{"code":…,"message":…,"request_id":…}}`.
    package func answer(_ id: RequestID) -> HTTPResponse {
        let (code, message) = (JSONText.quoted(code), JSONText.quoted(message))
        let text = "{\"error\":{\"code\":\(code),\"message\":\(message),\"request_id\":\(JSONText.quoted(id.text))}}"
        var fields = fields
        fields.set(.contentType, "application/json")
        fields.set(.cacheControl, "no-store")
        return HTTPResponse(status, fields: fields, body: .bytes(Array(text.utf8)))
    }
}
