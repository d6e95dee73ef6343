internal import MeshCore
internal import MeshHTTP
internal import MeshIdentity

/// Finds out who asks, and whether that may be: everything below `/v1` passes one.
///
/// On a listener of the loopback nobody needs a key, unless the node wants one; one of ours that is shown all the same
/// must count, and then it is its scopes that count too. On any other listener a key is needed.
struct CallerGuard: Middleware {
    let reach: GatewayReach
    /// Who knows the keys; nil where nobody does.
    let callers: (any CallerDirectory)?
    /// What is about to be done; any of these will do.
    let scopes: [KeyScope]

    func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse {
        guard let callers else {
            guard reach == .thisMachine else { throw HTTPRefusal.notFromHere }
            return try await next.respond(to: request)
        }
        let caller = try caller(of: request, callers)
        guard scopes.contains(where: caller.scopes.contains) else { throw HTTPRefusal.missingScope(scopes) }
        var request = request
        request[CallerNote.self] = caller
        return try await next.respond(to: request)
    }

    private func caller(of request: HTTPRequest, _ callers: any CallerDirectory) throws(HTTPRefusal) -> Caller {
        guard callers.knowsKeys else {
            guard reach == .thisMachine else { throw .notFromHere }
            return callers.localCaller
        }
        let needsKey = reach == .network || callers.needsKey
        guard let key = try ShownKey.read(request.fields, needsKey: needsKey) else {
            guard !needsKey else { throw .noKey }
            return callers.localCaller
        }
        do throws(CallerError) {
            return try callers.caller(showing: key)
        } catch {
            throw HTTPRefusal(error)
        }
    }
}

/// Who asks, for the handlers behind a ``CallerGuard``.
enum CallerNote: RequestNote {
    typealias Value = Caller
}
