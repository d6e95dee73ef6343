internal import MeshCore
internal import MeshHTTP
internal import MeshIdentity

/// The parameters of a question, each of which is known and stands once.
struct UniqueParameters {
    private var values: [String: String] = [:]

    /// Those of `target`, all of them among `known`.
    init(_ target: RequestTarget, among known: [String]) throws(HTTPRefusal) {
        for parameter in target.parameters {
            guard known.contains(parameter.name) else {
                let names = known.map { "'\($0)'" }.joined(separator: ", ")
                throw Self.wrong("this is asked for by \(names)")
            }
            guard values.updateValue(parameter.value, forKey: parameter.name) == nil else {
                throw Self.wrong("'\(parameter.name)' stands twice")
            }
        }
    }

    /// The value of `name`; nil where it does not stand there.
    subscript(name: String) -> String? { values[name] }

    /// The account that is asked of: the caller's own, or with the scope of operators that of any tenant.
    func account(_ caller: Caller) throws(HTTPRefusal) -> TenantID {
        guard let name = values["account"] else { return caller.tenant }
        guard let account = try? TenantID(name) else { throw Self.wrong("'account' is the name of a tenant") }
        guard account == caller.tenant || caller.scopes.contains(.operate) else { throw .missingScope([.operate]) }
        return account
    }

    static func wrong(_ message: String) -> HTTPRefusal { HTTPRefusal(.badRequest, "bad_request", message) }
}
