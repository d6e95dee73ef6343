internal import MeshCore

/// One metric with all its series, one for each set of label values.
final class MetricFamily: Sendable {
    /// Where the values of one set of labels are.
    enum Series: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
    }

    let description: MetricDescription
    private let make: @Sendable () -> Series
    private let maximumSeries: Int
    private let refusals: Counter?
    private let series = Lock<[[String]: Series]>([:])

    /// - Parameter refusals: counts what went to `other`; nil where nothing can: without labels, or the count itself.
    init(
        _ description: MetricDescription,
        maximumSeries: Int,
        refusals: Counter?,
        make: @escaping @Sendable () -> Series
    ) {
        self.description = description
        self.maximumSeries = maximumSeries
        self.refusals = refusals
        self.make = make
    }

    /// The series of `values`, which is made now where it is new; that of `other` where there are too many.
    ///
    /// Another number of values than labels is our own mistake and traps.
    func series(of values: [String]) -> Series {
        precondition(values.count == description.labels.count, "\(description.name) has other labels")
        let cut = values.map { $0.cut(toBytes: Limits.Telemetry.maximumLabelBytes) }
        return series.withLock { series in
            if let known = series[cut] { return known }
            var key = cut
            if series.count >= maximumSeries {
                refusals?.add()
                key = values.map { _ in "other" }
                if let other = series[key] { return other }
            }
            let fresh = make()
            series[key] = fresh
            return fresh
        }
    }

    /// Every series, sorted by its label values.
    var all: [(values: [String], series: Series)] {
        let all = series.withLock { series in series.map { (values: $0.key, series: $0.value) } }
        return all.sorted { $0.values.lexicographicallyPrecedes($1.values) }
    }
}

/// A counter for each set of label values.
package struct CounterFamily: Sendable {
    let family: MetricFamily

    /// The counter of `values`, one for each label; keep it where it is touched often.
    package func with(_ values: String...) -> Counter {
        guard case .counter(let counter) = family.series(of: values) else { preconditionFailure("no counter") }
        return counter
    }
}

/// A gauge for each set of label values.
package struct GaugeFamily: Sendable {
    let family: MetricFamily

    /// The gauge of `values`, one for each label.
    package func with(_ values: String...) -> Gauge {
        guard case .gauge(let gauge) = family.series(of: values) else { preconditionFailure("no gauge") }
        return gauge
    }
}

/// A histogram for each set of label values.
package struct HistogramFamily: Sendable {
    let family: MetricFamily

    /// The histogram of `values`, one for each label.
    package func with(_ values: String...) -> Histogram {
        guard case .histogram(let histogram) = family.series(of: values) else { preconditionFailure("no histogram") }
        return histogram
    }
}
