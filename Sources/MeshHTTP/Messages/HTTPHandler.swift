/// Who answers requests: a router, a middleware in front of one, a single route.
///
/// Called for each request in a task of its own on the loop of its connection, which is cancelled the moment the client
/// leaves. An ``HTTPRefusal`` that is thrown becomes its answer, any other error 500; nothing of its text goes out.
package protocol HTTPHandler: Sendable {
    /// The answer to `request`.
    func respond(to request: HTTPRequest) async throws -> HTTPResponse
}

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
