internal import MeshCore

/// Finds who answers a request, and calls what stands before them.
///
/// The route is found first, so that all middleware knows its pattern (``MatchedRoute``); what is not found passes the
/// middleware too: that of the group with the longest prefix, or that of the path's routes where only the method is
/// wrong. `HEAD` is answered by `GET`, whose body the server leaves out; `OPTIONS` says what is allowed.
package struct Router: HTTPHandler {
    let tree: RouteTree
    /// The longest prefix first.
    let scopes: [(prefix: [String], scope: RouteScope)]
    let failures: FailureReport

    package func respond(to request: HTTPRequest) async throws -> HTTPResponse {
        var request = request
        let segments = request.target.segments
        let found = find(request.target)
        request[MatchedRoute.self] = found?.place.pattern
        guard let found else {
            let scope = scope(of: segments ?? [])
            return try await answer(request, scope) { request in try Self.unfound(request, isPath: segments != nil) }
        }
        if let endpoint = found.place.endpoint(for: request.method) {
            let values = found.values
            return try await answer(request, endpoint.scope) { try await endpoint.handle($0, values) }
        }
        let allowed = found.place.allowed
        return try await answer(request, found.place.scope ?? scope(of: segments ?? [])) { request in
            let fields: HTTPFields = [.allow: allowed]
            if request.method == .options { return HTTPResponse(.noContent, fields: fields) }
            throw HTTPRefusal(.methodNotAllowed, "method_not_allowed", "not with this method", fields: fields)
        }
    }

    /// The pattern of the route that answers `path`, without what stands in place of its values; nil where none does.
    package func pattern(of path: String) -> String? { RequestTarget(path).flatMap(find)?.place.pattern }

    /// A path with encoded slashes is understood where a route says so, and nowhere else.
    private func find(_ target: RequestTarget) -> (place: RouteTree.Place, values: [ArraySlice<String>])? {
        if let segments = target.segments { return target.text == "*" ? nil : tree.find(segments) }
        return target.segmentsWithSlashes.flatMap { tree.find(withSlashes: $0) }
    }

    private func answer(
        _ request: HTTPRequest,
        _ scope: RouteScope,
        _ handler: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse
    ) async throws(CancellationError) -> HTTPResponse {
        let chain = Next.Chain(scope: scope, failures: failures, handler: handler)
        return try await Next(chain: chain, index: 0).respond(to: request)
    }

    private func scope(of segments: [String]) -> RouteScope {
        for (prefix, scope) in scopes where segments.starts(with: prefix) { return scope }
        preconditionFailure("the outermost group has no prefix")
    }

    private static func unfound(_ request: HTTPRequest, isPath: Bool) throws(HTTPRefusal) -> HTTPResponse {
        guard isPath else { throw HTTPRefusal(.badRequest, "malformed_path", "the path cannot be understood") }
        if request.target.text == "*", request.method == .options { return HTTPResponse(.noContent) }
        throw HTTPRefusal(.notFound, "not_found", "there is no such path")
    }
}
