/// What stands between the server and a handler: it may look, change, answer itself, or refuse.
///
/// Called in the task of the request. A refusal or another error that it throws becomes an answer before those further
/// out see it, so that each of them sees an answer whatever happened within.
package protocol Middleware: Sendable {
    /// The answer to `request`, for which `next` may be asked once.
    func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse
}

/// What stands behind a middleware.
package struct Next: Sendable {
    let chain: Chain
    let index: Int

    /// The answer of those behind; throws only where the client has left and nobody waits for an answer.
    package func respond(to request: HTTPRequest) async throws(CancellationError) -> HTTPResponse {
        do {
            guard index < chain.scope.middleware.count else { return try await chain.handler(request) }
            let next = Next(chain: chain, index: index + 1)
            return try await chain.scope.middleware[index].respond(to: request, next: next)
        } catch {
            return try chain.failures.response(to: error, for: request, errors: chain.scope.errors)
        }
    }

    /// A handler and what surrounds it.
    struct Chain: Sendable {
        let scope: RouteScope
        let failures: FailureReport
        let handler: @Sendable (HTTPRequest) async throws -> HTTPResponse
    }
}

/// The pattern of the route that a request has found, such as `/v1/sessions/{id}`.
///
/// There are as many as routes, so it can stand in a label where a path cannot. Nil where no route was found.
package enum MatchedRoute: RequestNote {
    /// The pattern.
    package typealias Value = String
}
