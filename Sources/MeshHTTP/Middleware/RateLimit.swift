internal import MeshCore

/// The port that says whether a request is one too many.
package protocol RateLimiter: Sendable {
    /// Counts `request`, or says how long to wait; a refused one must cost nothing.
    func admit(_ request: HTTPRequest) -> RequestAdmission
}

/// Whether a request is let in.
package enum RequestAdmission: Hashable, Sendable {
    /// It counts.
    case admitted
    /// It does not count; another may come after this time.
    case refused(retryAfter: Duration)
}

/// Refuses with 429 what a ``RateLimiter`` does not admit.
package struct RateLimit: Middleware {
    private let limiter: any RateLimiter

    /// A door that `limiter` guards.
    package init(_ limiter: any RateLimiter) { self.limiter = limiter }

    package func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse {
        switch limiter.admit(request) {
        case .admitted: return try await next.respond(to: request)
        case .refused(let wait):
            let (seconds, fraction) = wait.components
            let whole = max(1, seconds + (fraction > 0 ? 1 : 0))
            let fields: HTTPFields = [.retryAfter: "\(whole)"]
            throw HTTPRefusal(.tooManyRequests, "rate_limited", "too many requests; wait a little", fields: fields)
        }
    }
}
