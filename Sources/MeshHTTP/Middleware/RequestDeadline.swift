package import MeshCore

/// Gives a handler so long for its answer; then it is cancelled and the client told 504.
///
/// A streamed body is not counted: its deadlines are the server's. The handler must end when it is cancelled, for the
/// answer waits for that.
package struct RequestDeadline: Middleware {
    private let duration: Duration
    private let clock: any Clock

    /// A deadline `duration` behind the beginning of each request.
    package init(_ duration: Duration, clock: any Clock) {
        self.duration = duration
        self.clock = clock
    }

    package func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse {
        try await withThrowingTaskGroup(of: HTTPResponse?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await next.respond(to: request) }
            group.addTask {
                try await clock.sleep(for: duration)
                return nil
            }
            guard let first = try await group.next(), let response = first else {
                throw HTTPRefusal(.gatewayTimeout, "deadline_exceeded", "the answer took too long")
            }
            return response
        }
    }
}
