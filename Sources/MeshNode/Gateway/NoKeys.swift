internal import MeshCore
internal import MeshGateway
internal import MeshIdentity

/// The callers of a node that has given no keys: its own machine's programs, which may do everything.
struct NoKeys: CallerDirectory {
    let tenant: TenantID

    func caller(showing text: String) throws(CallerError) -> Caller {
        throw CallerError(.unknownKey, "this node has given no keys")
    }

    var localCaller: Caller {
        Caller(tenant: tenant, key: nil, scopes: Set(KeyScope.allCases), requestsPerMinute: nil)
    }
}
