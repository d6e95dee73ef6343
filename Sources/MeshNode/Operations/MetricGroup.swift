internal import MeshCore
internal import MeshTelemetry

/// Metrics that are read from one thing, which may not be there yet: then none of them is shown.
struct MetricGroup<Source: Sendable>: Sendable {
    let registry: MetricRegistry
    let source: @Sendable () -> Source?

    /// Metrics of a part of the same thing.
    func part<Part: Sendable>(_ part: @escaping @Sendable (Source) -> Part?) -> MetricGroup<Part> {
        MetricGroup<Part>(registry: registry) { [source] in source().flatMap(part) }
    }

    /// A number that only grows.
    func counter(
        _ name: String,
        unit: MetricUnit = .count,
        _ help: String,
        _ value: @escaping @Sendable (Source) -> UInt64
    ) {
        one(.counter, name, unit: unit, help) { Int64(clamping: value($0)) }
    }

    /// A time that only grows.
    func counter(_ name: String, _ help: String, time value: @escaping @Sendable (Source) -> Duration) {
        one(.counter, name, unit: .seconds, help) { value($0).wholeNanoseconds }
    }

    /// A number that goes up and down; nothing is shown where it is nil.
    func gauge(
        _ name: String,
        unit: MetricUnit = .count,
        _ help: String,
        _ value: @escaping @Sendable (Source) -> Int?
    ) {
        one(.gauge, name, unit: unit, help) { value($0).map { Int64($0) } }
    }

    /// A time that goes up and down; nothing is shown where it is nil.
    func gauge(_ name: String, _ help: String, time value: @escaping @Sendable (Source) -> Duration?) {
        one(.gauge, name, unit: .seconds, help) { value($0)?.wholeNanoseconds }
    }

    private func one(
        _ kind: MetricDescription.Kind,
        _ name: String,
        unit: MetricUnit,
        _ help: String,
        _ value: @escaping @Sendable (Source) -> Int64?
    ) {
        several(kind, name, unit: unit, help, labels: []) { value($0).map { [CollectedSample($0)] } ?? [] }
    }

    /// A sample for each set of values of `labels`.
    func several(
        _ kind: MetricDescription.Kind,
        _ name: String,
        unit: MetricUnit = .count,
        _ help: String,
        labels: [String],
        _ values: @escaping @Sendable (Source) -> [CollectedSample]
    ) {
        let description = MetricDescription(kind, "mesh_" + name, unit: unit, help: help, labels: labels)
        registry.collect(description) { [source] in source().map(values) ?? [] }
    }

    /// How values are spread, for each set of values of `labels`.
    func histogram(
        _ name: String,
        unit: MetricUnit = .seconds,
        _ help: String,
        labels: [String] = [],
        _ values: @escaping @Sendable (Source) -> [CollectedSpread]
    ) {
        let description = MetricDescription(.histogram, "mesh_" + name, unit: unit, help: help, labels: labels)
        registry.collectSpread(description) { [source] in source().map(values) ?? [] }
    }

    /// One gauge for each case of `State`, which is 1 for the one that counts now.
    func state<State: CaseIterable & RawRepresentable & Equatable & Sendable>(
        _ name: String,
        _ help: String,
        _ value: @escaping @Sendable (Source) -> State
    ) where State.RawValue == String {
        several(.gauge, name, help, labels: ["state"]) { source in
            let now = value(source)
            return State.allCases.map { CollectedSample($0 == now ? 1 : 0, values: [$0.rawValue]) }
        }
    }
}

extension CollectedSample {
    /// A number that only grows.
    init(_ value: UInt64, _ labels: String...) { self.init(Int64(clamping: value), values: labels) }
}
