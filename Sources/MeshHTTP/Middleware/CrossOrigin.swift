internal import MeshCore

/// Lets pages of other origins read answers (CORS).
///
/// It is off where it does not stand among the middleware. An origin is only ever answered with itself, never with `*`.
/// Whose pages may open WebSockets is the server's own to see to: `WebSocketOrigins` of its configuration.
package struct CrossOrigin: Middleware {
    /// What is allowed.
    package struct Policy: Hashable, Sendable {
        /// Origins such as `https://app.example`, as browsers write them.
        package var origins: Set<String>
        /// Whether browsers send cookies and the like.
        package var allowsCredentials = false
        /// Methods beyond those that need no permission.
        package var methods: [HTTPMethod] = [.get, .post, .put, .patch, .delete]
        /// Fields that pages may send.
        package var requestFields = ["authorization", "content-type", "traceparent", "x-api-key", "x-request-id"]
        /// Fields that pages may read.
        package var responseFields = ["x-request-id", "retry-after"]
        /// How long a browser may remember a permission.
        package var maximumAge = Duration.seconds(600)

        /// The usual methods and fields for `origins`; `*` is none, and traps.
        package init(origins: Set<String>) {
            precondition(!origins.contains("*"), "origins are named one by one")
            self.origins = origins
        }
    }

    private let policy: Policy

    /// What `policy` allows.
    package init(_ policy: Policy) { self.policy = policy }

    package func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse {
        let origin = request.fields[.origin]
        let isAllowed = origin.map { policy.origins.contains($0) && request.fields.count(of: .origin) == 1 } ?? false
        if request.method == .options, origin != nil, request.fields.contains(.accessControlRequestMethod) {
            return preflight(origin: isAllowed ? origin : nil)
        }
        var response = try await next.respond(to: request)
        Self.vary(&response.fields)
        if isAllowed, let origin {
            allow(origin, &response.fields)
            let names = policy.responseFields.joined(separator: ", ")
            if !names.isEmpty { response.fields.set(.accessControlExposeHeaders, names) }
        }
        return response
    }

    /// The answer to a browser that asks first; without permission where `origin` is nil.
    private func preflight(origin: String?) -> HTTPResponse {
        var response = HTTPResponse(.noContent)
        response.fields.append(.vary, "origin, access-control-request-method, access-control-request-headers")
        guard let origin else { return response }
        allow(origin, &response.fields)
        let methods = policy.methods.map(\.name).joined(separator: ", ")
        response.fields.append(.accessControlAllowMethods, methods)
        response.fields.append(.accessControlAllowHeaders, policy.requestFields.joined(separator: ", "))
        response.fields.append(.accessControlMaxAge, "\(policy.maximumAge.components.seconds)")
        return response
    }

    private func allow(_ origin: String, _ fields: inout HTTPFields) {
        fields.set(.accessControlAllowOrigin, origin)
        if policy.allowsCredentials { fields.set(.accessControlAllowCredentials, "true") }
    }

    private static func vary(_ fields: inout HTTPFields) {
        guard !fields.contains(.vary, token: "origin"), !fields.contains(.vary, token: "*") else { return }
        fields.append(.vary, "origin")
    }
}
