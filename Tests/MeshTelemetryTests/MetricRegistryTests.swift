import MeshCore
import MeshTelemetry
import Testing

@Suite("A registry of metrics") struct MetricRegistryTests {
    @Test func `counts from many threads without losing anything`() async {
        let registry = MetricRegistry()
        let counter = registry.counter("calls", help: "Calls.")
        let gauge = registry.gauge("open", help: "Open.")
        let histogram = registry.histogram("size", unit: .bytes, help: "Size.", ladder: .size)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for value in 0..<10_000 as Range<Int64> {
                        counter.add()
                        gauge.add(value % 2 == 0 ? 3 : -3)
                        histogram.observe(value)
                    }
                }
            }
        }
        #expect(counter.value == 80_000)
        #expect(gauge.value == 0)
        #expect(histogram.cumulativeCounts.last == 80_000)
        #expect(histogram.sum == 8 * 10_000 * 9_999 / 2)
    }

    @Test func `a value at the end of a bucket belongs to it`() {
        let histogram = MetricRegistry().histogram("h", unit: .count, help: "H.", ladder: HistogramLadder([10, 20]))
        for value in [-1, 10, 11, 20, 21] as [Int64] { histogram.observe(value) }
        #expect(histogram.cumulativeCounts == [2, 4, 5])
        histogram.observe(Duration.nanoseconds(15))
        #expect(histogram.cumulativeCounts == [2, 5, 6])
    }

    @Test func `one set of values is one series`() {
        let family = MetricRegistry().counter("calls", help: "Calls.", labels: ["a", "b"])
        #expect(family.with("x", "y") === family.with("x", "y"))
        #expect(family.with("x", "y") !== family.with("y", "x"))
        let gauges = MetricRegistry().gauge("open", help: "Open.", labels: ["a"])
        #expect(gauges.with("x") === gauges.with("x"))
        let histograms = MetricRegistry().histogram("time", help: "Time.", labels: ["a"])
        #expect(histograms.with("x") === histograms.with("x"))
    }

    @Test func `sets of values beyond the bound count as other, and that is counted`() {
        let registry = MetricRegistry()
        let family = registry.counter("calls", help: "Calls.", labels: ["who"])
        let bound = Limits.Telemetry.maximumSeries
        for index in 0..<bound + 10 { family.with("client-\(index)").add() }
        #expect(family.with("client-0").value == 1)
        #expect(family.with("new").value == 10)
        #expect(family.with("new") === family.with("other"))
        #expect(registry.refusals(of: "calls_total") == 10 + 2)
        let lines = String(decoding: PrometheusText.encode(registry), as: UTF8.self).split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("calls_total{") } == bound + 1)
    }

    @Test func `long values are cut, so that two of them may be one series`() {
        let family = MetricRegistry().counter("calls", help: "Calls.", labels: ["who"])
        let long = String(repeating: "a", count: Limits.Telemetry.maximumLabelBytes)
        #expect(family.with(long + "1") === family.with(long + "2"))
        #expect(family.with(long) !== family.with(String(long.dropLast())))
    }

    @Test func `a ladder and a set of labels may be as long as their bounds`() {
        let bounds = (0..<Limits.Telemetry.maximumBuckets).map { Int64($0) }
        let ladder = HistogramLadder(bounds)
        let names = (0..<Limits.Telemetry.maximumLabels).map { "l\($0)" }
        let registry = MetricRegistry()
        let family = registry.histogram("h", unit: .count, help: "H.", labels: names, ladder: ladder)
        family.with("0", "1", "2", "3", "4", "5", "6", "7").observe(100)
        #expect(String(decoding: PrometheusText.encode(registry), as: UTF8.self).contains("l7=\"7\",le=\"+Inf\"} 1"))
    }

    @Test(.serialized, arguments: Mistake.allCases)
    func `our own mistakes trap`(mistake: Mistake) async {
        // Each stands in its own process; a closure that exits may capture nothing.
        switch mistake {
        case .twice:
            await #expect(processExitsWith: .failure) {
                let registry = MetricRegistry()
                _ = registry.counter("calls", help: "Calls.")
                _ = registry.counter("calls", help: "Calls.")
            }
        case .histogramBesideCounter:
            await #expect(processExitsWith: .failure) {
                let registry = MetricRegistry()
                _ = registry.gauge("time_seconds_count", help: "Count.")
                _ = registry.histogram("time", help: "Time.")
            }
        case .malformedName:
            await #expect(processExitsWith: .failure) { _ = MetricRegistry().counter("a-b", help: "") }
        case .otherLabels:
            await #expect(processExitsWith: .failure) {
                _ = MetricRegistry().counter("a", help: "", labels: ["x"]).with("1", "2")
            }
        case .tooManyLabels:
            await #expect(processExitsWith: .failure) {
                let names = (0...Limits.Telemetry.maximumLabels).map { "l\($0)" }
                _ = MetricRegistry().counter("a", help: "", labels: names)
            }
        case .tooManyBuckets:
            await #expect(processExitsWith: .failure) {
                _ = HistogramLadder((0...Limits.Telemetry.maximumBuckets).map { Int64($0) })
            }
        case .shrinkingCounter:
            await #expect(processExitsWith: .failure) { MetricRegistry().counter("a", help: "").add(-1) }
        }
    }

    enum Mistake: CaseIterable {
        case twice, histogramBesideCounter, malformedName, otherLabels, tooManyLabels, tooManyBuckets, shrinkingCounter
    }
}
