internal import MeshCore

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
        let logger = logger?.with(LogField(.request, .text(request.id.text)), route)
        if let error = error as? any StructuredError {
            logger?.log(.error, .requestFailed, error: error)
        } else {
            // A foreign error may hold anything, so only its kind is named.
            logger?.log(.error, .requestFailed, [LogField(.error, .text("\(type(of: error))"))])
        }
    }
}
