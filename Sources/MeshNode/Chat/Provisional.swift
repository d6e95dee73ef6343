internal import Glibc
internal import MeshCore
internal import MeshGateway
internal import MeshIdentity
internal import MeshPrivacy

struct NoVault: PlaceholderVault {
    func load(tenant: TenantID, session: String) async throws(PrivacyError) -> PlaceholderRecord? { nil }
    func store(_ record: PlaceholderRecord, tenant: TenantID, session: String) async throws(PrivacyError) {}
    func remove(tenant: TenantID, session: String) async throws(PrivacyError) {}
}

struct LocalCallers: CallerDirectory {
    let tenant: TenantID
    var localCaller: Caller { Caller(tenant: tenant, key: nil, scopes: Set(KeyScope.allCases), requestsPerMinute: nil) }
    func caller(showing text: String) throws(CallerError) -> Caller { localCaller }
}
