package import MeshCore

/// The port that gives refusals the shape which clients of a group of routes expect.
package protocol ErrorRenderer: Sendable {
    /// The answer that says `refusal`.
    func response(to refusal: HTTPRefusal, for request: HTTPRequest) -> HTTPResponse
}

/// The shape of the house: `{"error":{"code":…,"message":…,"request_id":…}}`.
package struct JSONErrorRenderer: ErrorRenderer {
    /// A renderer.
    package init() {}

    package func response(to refusal: HTTPRefusal, for request: HTTPRequest) -> HTTPResponse {
        refusal.answer(request.id)
    }
}

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
        case .malformed: HTTPRefusal(.badRequest, "malformed", "the request cannot be understood")
        case .tooLarge: HTTPRefusal(.contentTooLarge, "too_large", "the body is too large")
        case .timedOut: HTTPRefusal(.requestTimeout, "timed_out", "the request did not come in time")
        case .stopping: HTTPRefusal(.serviceUnavailable, "stopping", "this node is stopping")
        case .tooMany: HTTPRefusal(.serviceUnavailable, "overloaded", "this node has no room for more")
        case .closed, .unreachable, .untrusted, .libraryFailed: .internalError
        }
    }

    /// 500, which says nothing of why.
    static let internalError = HTTPRefusal(.internalServerError, "internal", "something went wrong on our side")
}

/// Turns errors into answers, and says in the log what no client is told.
struct FailureReport: Sendable {
    let logger: Logger?

    /// The answer to `error`; throws it on where the client has left.
    func response(
        to error: any Error,
        for request: HTTPRequest,
        errors: any ErrorRenderer
    ) throws(CancellationError) -> HTTPResponse {
        if error is CancellationError { throw CancellationError() }
        if let error = error as? HTTPError, error.code == .closed, Task.isCancelled { throw CancellationError() }
        let refusal = HTTPRefusal(telling: error)
        if refusal.status == .internalServerError { report(error, for: request) }
        return errors.response(to: refusal, for: request)
    }

    private func report(_ error: any Error, for request: HTTPRequest) {
        let route = LogField(.route, .text(request[MatchedRoute.self] ?? "-"))
        let trace = LogField(.trace, .text(request.id.text))
        let logger = logger?.with(trace, route)
        if let error = error as? any StructuredError {
            logger?.log(.error, .handlerFailed, error: error)
        } else {
            // A foreign error may hold anything, so only its kind is named.
            logger?.log(.error, .handlerFailed, [LogField(.error, .text("\(type(of: error))"))])
        }
    }
}

extension LogEvent {
    /// A handler failed in a way that is no refusal; the client was told 500.
    package static let handlerFailed = LogEvent("http.handler_failed")
}

extension LogKey {
    /// The pattern of a route.
    package static let route = LogKey("route")
}
