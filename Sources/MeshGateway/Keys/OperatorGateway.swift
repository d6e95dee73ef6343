internal import MeshAPI
internal import MeshCore
package import MeshHTTP
internal import MeshIdentity

/// What a hub answers its operators alone, at a listener of their own: its keys.
///
/// Whoever may read the hub's folder may ask: the secret lies there. It is not in the gateway's routes, so that no key
/// of an API, whatever its scopes, makes another.
package struct OperatorGateway: Sendable {
    private let keeper: any KeyKeeper
    private let secret: SHA256Digest

    /// Answers whoever shows `secret`.
    package init(keeper: any KeyKeeper, secret: String) {
        self.keeper = keeper
        self.secret = SHA256.digest(Array(secret.utf8))
    }

    /// Adds its routes.
    package func add(to routes: inout RouterBuilder) {
        let limit = BodyLimit(maximumBytes: Limits.Gateway.maximumBodyBytes)
        routes.group(middleware: [OperatorGuard(secret: secret), limit]) { routes in
            routes.on(.get, Path.at(APIPath.keys)) { try await keys($0) }
            routes.on(.post, Path.at(APIPath.keys)) { try await create($0) }
            routes.on(.delete, Path.at(APIPath.keys).value("id", KeyID.self)) { _, id in
                do throws(KeyKeeperError) { return Self.answer(try await keeper.revoke(id)) } catch {
                    throw HTTPRefusal(error)
                }
            }
        }
    }

    private func keys(_ request: HTTPRequest) async throws -> HTTPResponse {
        var (tenant, after): (TenantID?, KeyID?)
        for parameter in request.target.parameters {
            switch parameter.name {
            case "tenant":
                do throws(CoreError) { tenant = try TenantID(parameter.value) } catch {
                    throw HTTPRefusal(.badRequest, "bad_request", error.message)
                }
            case "after":
                guard let id = KeyID(parameter.value) else {
                    throw HTTPRefusal(.badRequest, "bad_request", "'after' is the id of a key")
                }
                after = id
            default: throw HTTPRefusal(.badRequest, "bad_request", "keys are asked for by 'tenant' and 'after'")
            }
        }
        do throws(KeyKeeperError) {
            return Self.answer(try await keeper.keys(of: tenant, after: after))
        } catch {
            throw HTTPRefusal(error)
        }
    }

    private func create(_ request: HTTPRequest) async throws -> HTTPResponse {
        let bytes = try await request.body.collect(upTo: Limits.Gateway.maximumBodyBytes)
        let wanted: KeyRequest
        do throws(APIError) {
            wanted = try KeyRequest(bytes: bytes)
        } catch {
            throw HTTPRefusal(.badRequest, "bad_request", "the body is not right: \(error.message)")
        }
        do throws(KeyKeeperError) {
            return Self.answer(try await keeper.create(wanted))
        } catch {
            throw HTTPRefusal(error)
        }
    }

    private static func answer(_ document: some APIDocument) -> HTTPResponse {
        var response = HTTPResponse(type: "application/json", bytes: document.bytes)
        response.fields.append(.cacheControl, "no-store")
        return response
    }
}

/// Lets in whoever shows the operators' secret, as `authorization: Bearer …`.
private struct OperatorGuard: Middleware {
    let secret: SHA256Digest

    func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse {
        let shown = request.fields.values(of: .authorization)
        let prefix = "Bearer "
        // Hashes are compared, in a time that says nothing of where the texts differ.
        guard shown.count == 1, shown[0].utf8.count <= Limits.Routing.maximumCredentialBytes,
            shown[0].hasPrefix(prefix),
            SHA256.digest(Array(shown[0].dropFirst(prefix.count).utf8)).isSame(as: secret)
        else {
            throw HTTPRefusal(
                .unauthorized,
                "not_an_operator",
                "this listener answers the hub's operators alone: show the secret of 'operator.json'",
                fields: [.wwwAuthenticate: "Bearer realm=\"meshnode operators\""]
            )
        }
        return try await next.respond(to: request)
    }
}

extension HTTPRefusal {
    fileprivate init(_ error: KeyKeeperError) {
        let (status, code): (HTTPStatus, String) =
            switch error.code {
            case .badRequest: (.badRequest, "bad_request")
            case .nameTaken: (.conflict, "name_taken")
            case .full: (.conflict, "too_many_keys")
            case .unknownKey: (.notFound, "unknown_key")
            case .notNow: (.serviceUnavailable, "not_now")
            case .lost: (.badGateway, "outcome_unknown")
            }
        self.init(status, code, error.message)
    }
}

extension KeyID: PathValue {
    /// As it is written.
    package init?(path segments: ArraySlice<String>) {
        guard let text = segments.first else { return nil }
        self.init(text)
    }
}
