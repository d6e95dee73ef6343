/// Who answers requests: a router, a middleware in front of one, a single route.
///
/// Called for each request in a task of its own on the loop of its connection, which is cancelled the moment the client
/// leaves. An ``HTTPRefusal`` that is thrown becomes its answer, any other error 500; nothing of its text goes out.
package protocol HTTPHandler: Sendable {
    /// The answer to `request`.
    func respond(to request: HTTPRequest) async throws -> HTTPResponse
}
