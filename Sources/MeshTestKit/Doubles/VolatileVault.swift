package import MeshCore
package import MeshPrivacy

/// Maps in memory, and faults that a test asks for.
package final class VolatileVault: PlaceholderVault {
    private struct Name: Hashable {
        let tenant: TenantID
        let session: String
    }

    private struct State {
        var records: [Name: PlaceholderRecord] = [:]
        var (loads, stores) = (0, 0)
        var atWork: [Name: Int] = [:]
        var mostAtWork = 0
        var failure: PrivacyErrorCode?
    }

    private let state = Lock(State())

    /// A vault with nothing in it.
    package init() {}

    /// What every call fails with from now on; nil for nothing.
    package func fail(with code: PrivacyErrorCode?) { state.withLock { $0.failure = code } }

    /// How often a record was asked for.
    package var loads: Int { state.withLock { $0.loads } }

    /// How often one was stored.
    package var stores: Int { state.withLock { $0.stores } }

    /// How many records there are.
    package var count: Int { state.withLock { $0.records.count } }

    /// The most calls for one conversation that were under way at once.
    package var mostAtWork: Int { state.withLock { $0.mostAtWork } }

    /// The record that was last stored; nil where there is none.
    package func load(tenant: TenantID, session: String) async throws(PrivacyError) -> PlaceholderRecord? {
        try await call(Name(tenant: tenant, session: session)) { state, name in
            state.loads += 1
            return state.records[name]
        }
    }

    /// Keeps a record in place of the one before.
    package func store(
        _ record: PlaceholderRecord,
        tenant: TenantID,
        session: String
    ) async throws(PrivacyError) {
        try await call(Name(tenant: tenant, session: session)) { state, name in
            state.stores += 1
            state.records[name] = record
        }
    }

    /// Forgets a conversation's map.
    package func remove(tenant: TenantID, session: String) async throws(PrivacyError) {
        try await call(Name(tenant: tenant, session: session)) { state, name in state.records[name] = nil }
    }

    private func call<Value: Sendable>(
        _ name: Name,
        _ body: @Sendable (inout State, Name) -> Value
    ) async throws(PrivacyError) -> Value {
        state.withLock { state in
            state.atWork[name, default: 0] += 1
            state.mostAtWork = max(state.mostAtWork, state.atWork[name] ?? 0)
        }
        await Task.yield()
        let failure = state.withLock { state in
            state.atWork[name, default: 1] -= 1
            return state.failure
        }
        if let failure { throw PrivacyError(failure, "as the test has it") }
        return state.withLock { body(&$0, name) }
    }
}
