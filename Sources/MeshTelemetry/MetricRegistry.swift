package import MeshCore

/// All metrics of a node.
///
/// Metrics are registered once, when the part that they measure is made; a name that is registered twice is our own
/// mistake and traps. Touching and reading is safe from any thread.
package final class MetricRegistry: Sendable {
    enum Source: Sendable {
        case family(MetricFamily)
        case collected(MetricDescription, @Sendable () -> [CollectedSample])
        case spread(MetricDescription, @Sendable () -> [CollectedSpread])

        var description: MetricDescription {
            switch self {
            case .family(let family): family.description
            case .collected(let description, _): description
            case .spread(let description, _): description
            }
        }
    }

    private struct Content {
        var names: Set<String> = []
        var sources: [Source] = []
        var preparations: [@Sendable () async -> Void] = []
    }

    private let content = Lock(Content())
    private let refusals: CounterFamily

    /// A registry with nothing but the count of what found no series of its own.
    package init() {
        let description = MetricDescription(
            .counter,
            "telemetry_series_refused",
            unit: .count,
            help: "Touches that counted as other: too many label values.",
            labels: ["metric"]
        )
        let family = MetricFamily(description, maximumSeries: .max, refusals: nil) { .counter(Counter()) }
        refusals = CounterFamily(family: family)
        add(.family(family))
    }

    // MARK: Registration

    /// A counter without labels.
    package func counter(_ name: String, unit: MetricUnit = .count, help: String) -> Counter {
        counter(name, unit: unit, help: help, labels: []).with()
    }

    /// A counter for each set of values of `labels`.
    package func counter(
        _ name: String,
        unit: MetricUnit = .count,
        help: String,
        labels: [String],
        maximumSeries: Int = Limits.Telemetry.maximumSeries
    ) -> CounterFamily {
        let description = MetricDescription(.counter, name, unit: unit, help: help, labels: labels)
        return CounterFamily(family: family(description, maximumSeries) { .counter(Counter()) })
    }

    /// A gauge without labels.
    package func gauge(_ name: String, unit: MetricUnit = .count, help: String) -> Gauge {
        gauge(name, unit: unit, help: help, labels: []).with()
    }

    /// A gauge for each set of values of `labels`.
    package func gauge(
        _ name: String,
        unit: MetricUnit = .count,
        help: String,
        labels: [String],
        maximumSeries: Int = Limits.Telemetry.maximumSeries
    ) -> GaugeFamily {
        let description = MetricDescription(.gauge, name, unit: unit, help: help, labels: labels)
        return GaugeFamily(family: family(description, maximumSeries) { .gauge(Gauge()) })
    }

    /// A histogram without labels.
    package func histogram(
        _ name: String,
        unit: MetricUnit = .seconds,
        help: String,
        ladder: HistogramLadder = .latency
    ) -> Histogram {
        histogram(name, unit: unit, help: help, labels: [], ladder: ladder).with()
    }

    /// A histogram for each set of values of `labels`.
    package func histogram(
        _ name: String,
        unit: MetricUnit = .seconds,
        help: String,
        labels: [String],
        ladder: HistogramLadder = .latency,
        maximumSeries: Int = Limits.Telemetry.maximumSeries
    ) -> HistogramFamily {
        let description = MetricDescription(.histogram, name, unit: unit, help: help, labels: labels)
        return HistogramFamily(family: family(description, maximumSeries) { .histogram(Histogram(ladder: ladder)) })
    }

    /// A metric whose values live elsewhere: `read` is asked for them each time metrics are read, from any thread.
    ///
    /// Of more than ``Limits/Telemetry/maximumSeries`` samples those behind are left out.
    package func collect(_ description: MetricDescription, read: @escaping @Sendable () -> [CollectedSample]) {
        precondition(description.kind != .histogram, "a histogram is read as a distribution")
        add(.collected(description, read))
    }

    /// A histogram whose values live elsewhere, in the same way.
    package func collectSpread(_ description: MetricDescription, read: @escaping @Sendable () -> [CollectedSpread]) {
        precondition(description.kind == .histogram, "only a histogram is read as a distribution")
        add(.spread(description, read))
    }

    /// Has `prepare` run before metrics are read, for values that have to be waited for.
    package func beforeReading(_ prepare: @escaping @Sendable () async -> Void) {
        content.withLock { $0.preparations.append(prepare) }
    }

    private func family(
        _ description: MetricDescription,
        _ maximumSeries: Int,
        make: @escaping @Sendable () -> MetricFamily.Series
    ) -> MetricFamily {
        let refused = description.labels.isEmpty ? nil : refusals.with(description.name)
        let family = MetricFamily(description, maximumSeries: maximumSeries, refusals: refused, make: make)
        add(.family(family))
        return family
    }

    private func add(_ source: Source) {
        content.withLock { content in
            for name in source.description.sampleNames {
                precondition(content.names.insert(name).inserted, "the metric \(name) is registered twice")
            }
            content.sources.append(source)
        }
    }

    // MARK: Reading

    /// Lets everybody prepare; called by whoever is about to read.
    package func prepare() async {
        for preparation in content.withLock({ $0.preparations }) { await preparation() }
    }

    /// What is measured, sorted by name.
    package var descriptions: [MetricDescription] { sources.map(\.description) }

    /// Every metric, sorted by name.
    var sources: [Source] {
        content.withLock { $0.sources }.sorted { $0.description.name < $1.description.name }
    }

    /// How often a touch of the metric `name` counted as `other`.
    package func refusals(of name: String) -> Int64 { refusals.with(name).value }
}

/// A value that lives elsewhere, as it was read.
package struct CollectedSample: Hashable, Sendable {
    /// The values of the labels, one for each.
    package let values: [String]

    /// The value; nanoseconds where the unit is seconds.
    package let value: Int64

    /// The sample of these parts.
    package init(_ value: Int64, values: [String] = []) {
        self.value = value
        self.values = values
    }
}

/// A distribution that lives elsewhere, as it was read.
package struct CollectedSpread: Hashable, Sendable {
    /// The values of the labels, one for each.
    package let values: [String]

    /// The values; nanoseconds where the unit is seconds.
    package let distribution: Distribution

    /// The distribution of these labels.
    package init(_ distribution: Distribution, values: [String] = []) {
        self.distribution = distribution
        self.values = values
    }
}
