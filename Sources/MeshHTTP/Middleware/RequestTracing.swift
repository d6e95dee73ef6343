/// Says in each answer what the request is called, and calls it as the client does where that is decent.
package struct RequestTracing: Middleware {
    private let believesClients: Bool

    /// Tracing; `believesClients` where a name from outside may stand in our logs.
    package init(believesClients: Bool) { self.believesClients = believesClients }

    package func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse {
        var request = request
        if believesClients, let said = request.fields[.requestID], let id = RequestID(said: said) { request.id = id }
        var response = try await next.respond(to: request)
        response.fields.set(.requestID, request.id.text)
        return response
    }
}
