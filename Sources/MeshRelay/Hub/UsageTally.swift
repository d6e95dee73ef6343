package import MeshChat
package import MeshCore
package import MeshGateway
package import MeshIdentity

/// Counts what tenants use of each model while the process lives; the ledger knows it for longer, and better.
package final class UsageTally: UsagePort {
    private struct State {
        var tenants: [TenantID: [String: UsageCount]] = [:]
    }

    private let since: WallTime
    private let state = Lock(State())

    /// Counts from `since` on.
    package init(since: WallTime) { self.since = since }

    /// One call of `tenant` to `model`.
    package func note(_ usage: ChatUsage, of model: String, tenant: TenantID, cost: Money?) {
        state.withLock { state in
            guard state.tenants[tenant] != nil || state.tenants.count < Limits.Relay.maximumTenantsCounted else {
                return
            }
            var models = state.tenants.removeValue(forKey: tenant) ?? [:]
            let isKnown = models[model] != nil || models.count < Limits.Relay.maximumModelsCounted
            models[isKnown ? model : Self.others, default: UsageCount()].add(UsageCount(usage, cost: cost))
            state.tenants[tenant] = models
        }
    }

    /// What the caller's tenant has used so far.
    package func usage(_ caller: Caller) async -> UsageReading {
        UsageReading(since: since, models: state.withLock { $0.tenants[caller.tenant] ?? [:] })
    }

    /// What models are called that there is no room to name.
    package static let others = "others"
}
