package import MeshCore
package import MeshIdentity

/// The port to whoever counts what is used on this node.
///
/// Asked by many at a time, on the loop of the listener: return soon.
package protocol UsagePort: Sendable {
    /// What the caller's tenant has used.
    func usage(_ caller: Caller) async -> UsageReading
}

/// What a tenant has used since a moment.
package struct UsageReading: Hashable, Sendable {
    /// Since when it is counted.
    package var since: WallTime
    /// What each model was used for, by its name.
    package var models: [String: UsageCount]

    /// A reading of these counts.
    package init(since: WallTime, models: [String: UsageCount]) {
        self.since = since
        self.models = models
    }

    /// What all models were used for.
    package var total: UsageCount { models.values.reduce(into: UsageCount()) { $0.add($1) } }
}
