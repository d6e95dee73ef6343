internal import MeshCore
internal import MeshHTTP
internal import MeshIdentity

extension HTTPRefusal {
    /// What a client is told whose key does not count.
    init(_ error: CallerError) {
        switch error.code {
        case .malformedKey: self = .unauthorized("malformed_key", error.message)
        case .unknownKey: self = .unauthorized("unknown_key", "this key is not known here, or was taken back")
        case .expiredKey: self = .unauthorized("expired_key", "the time of this key is over")
        case .notNow: self = .starting
        }
    }

    /// 401 where a key is needed and none is shown.
    static let noKey = unauthorized(
        "no_key",
        "this node wants a key here: show one, as authorization: Bearer … or as x-api-key"
    )

    /// 401 for what cannot be a key.
    static let malformedKey = unauthorized("malformed_key", "what is shown as a key cannot be one")

    /// 401 for two keys that differ.
    static let twoKeys = unauthorized("ambiguous_key", "two keys are shown, and they differ")

    /// 403 where nobody can show a key, on a listener of the network.
    static let notFromHere = HTTPRefusal(
        .forbidden,
        "not_from_here",
        "this listener can be reached from other machines, and this node knows no keys: it answers programs of its own "
            + "machine alone, where http.listen is an address of the loopback"
    )

    /// 403 for a key that is for something else.
    static func missingScope(_ scopes: [KeyScope]) -> HTTPRefusal {
        let words = scopes.map { "'\($0.rawValue)'" }.joined(separator: " or ")
        return HTTPRefusal(.forbidden, "missing_scope", "this key may not do that: it lacks the scope \(words)")
    }

    private static func unauthorized(_ code: String, _ message: String) -> HTTPRefusal {
        HTTPRefusal(.unauthorized, code, message, fields: [.wwwAuthenticate: "Bearer realm=\"meshnode\""])
    }
}
