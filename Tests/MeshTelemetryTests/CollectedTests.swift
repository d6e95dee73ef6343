import MeshCore
import MeshTelemetry
import Testing

@Suite("What is read from elsewhere") struct CollectedTests {
    @Test func `a distribution is shown as a histogram`() {
        let registry = MetricRegistry()
        let description = MetricDescription(.histogram, "wait", unit: .seconds, help: "Wait.", labels: ["kind"])
        registry.collectSpread(description) {
            var found = Distribution(over: Distribution.Ladder([1_000_000, 2_500_000]))
            for value in [500_000, 2_000_000, 9_000_000] as [Int64] { found.note(value) }
            return [CollectedSpread(found, values: ["b"]), CollectedSpread(found, values: ["a"])]
        }
        let text = String(decoding: PrometheusText.encode(registry), as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(7) == [
                "# HELP wait_seconds Wait.", "# TYPE wait_seconds histogram",
                #"wait_seconds_bucket{kind="a",le="0.001"} 1"#, #"wait_seconds_bucket{kind="a",le="0.0025"} 2"#,
                #"wait_seconds_bucket{kind="a",le="+Inf"} 3"#, #"wait_seconds_sum{kind="a"} 0.0115"#,
                #"wait_seconds_count{kind="a"} 3"#,
            ]
        )
        #expect(lines.count == 12 && lines[7].contains(#"kind="b""#))
    }

    @Test func `of too many distributions those behind are left out`() {
        let registry = MetricRegistry()
        let description = MetricDescription(.histogram, "wait", unit: .seconds, help: "Wait.", labels: ["kind"])
        registry.collectSpread(description) {
            (0...Limits.Telemetry.maximumSeries).map { CollectedSpread(Distribution(over: .count), values: ["\($0)"]) }
        }
        let lines = String(decoding: PrometheusText.encode(registry), as: UTF8.self).split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("wait_seconds_count{") } == Limits.Telemetry.maximumSeries)
    }

    @Test func `whoever prepares does so before each reading`() async {
        let registry = MetricRegistry()
        let prepared = Lock<Int64>(0)
        registry.beforeReading { prepared.withLock { $0 += 1 } }
        registry.collect(MetricDescription(.gauge, "g", unit: .count, help: "G.", labels: [])) {
            [CollectedSample(prepared.withLock { $0 })]
        }
        for count in 1...3 {
            await registry.prepare()
            let text = String(decoding: PrometheusText.encode(registry), as: UTF8.self)
            #expect(text.hasSuffix("\ng \(count)\n"))
        }
    }

    @Test func `descriptions come in the order of their names`() {
        let registry = MetricRegistry()
        _ = registry.counter("b", help: "B.")
        _ = registry.gauge("a", help: "A.")
        #expect(registry.descriptions.map(\.name) == ["a", "b_total", "telemetry_series_refused_total"])
    }
}
