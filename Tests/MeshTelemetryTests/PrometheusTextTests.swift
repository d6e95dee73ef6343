import Glibc
import MeshCore
import MeshTelemetry
import Testing

@Suite("The text for Prometheus") struct PrometheusTextTests {
    @Test func `is the same bytes for the same values`() {
        let registry = MetricRegistry()
        let requests = registry.counter(
            "http_requests",
            help: "Requests\nanswered \\ all.",
            labels: ["route", "status"]
        )
        requests.with("/b", "2xx").add(3)
        requests.with("/a\"\\\n\u{7}é", "5xx").add()
        registry.gauge("age", unit: .seconds, help: "Age.").set(-1_500_000_000)
        registry.gauge("held", unit: .bytes, help: "Held.").set(4_096)
        _ = registry.gauge("never_touched", help: "Nothing.", labels: ["x"])
        let ladder = HistogramLadder([500_000, 1_000_000_000])
        let times = registry.histogram("wait", help: "Wait.", labels: ["who"], ladder: ladder)
        for milliseconds in [0, 1, 20, 1_000, 90_000] { times.with("a").observe(.milliseconds(milliseconds)) }
        registry.histogram("parts", unit: .count, help: "Parts.", ladder: HistogramLadder([1])).observe(2)
        registry.collect(MetricDescription(.gauge, "peers", unit: .count, help: "Peers.", labels: ["role"])) {
            [CollectedSample(7, values: ["hub"]), CollectedSample(1, values: []), CollectedSample(9, values: ["edge"])]
        }
        registry.collect(MetricDescription(.gauge, "unknown", unit: .count, help: "Unknown.", labels: [])) { [] }
        #expect(String(decoding: PrometheusText.encode(registry), as: UTF8.self) == Self.golden)
    }

    @Test func `shows the process under the usual names`() {
        let registry = MetricRegistry()
        registry.collectProcess {
            ProcessReading(residentBytes: 1, processorNanoseconds: 2_500_000_000, openDescriptors: 3, threads: 4)
        }
        let lines = String(decoding: PrometheusText.encode(registry), as: UTF8.self).split(separator: "\n")
        #expect(
            lines.filter { $0.hasPrefix("process") } == [
                "process_cpu_seconds_total 2.5", "process_open_fds 3", "process_resident_memory_bytes 1",
                "process_threads 4",
            ]
        )
    }

    @Test func `leaves out samples beyond the bound`() {
        let registry = MetricRegistry()
        registry.collect(MetricDescription(.gauge, "g", unit: .count, help: "G.", labels: ["i"])) {
            (0...Limits.Telemetry.maximumSeries).map { CollectedSample(1, values: ["\($0)"]) }
        }
        let lines = String(decoding: PrometheusText.encode(registry), as: UTF8.self).split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("g{") } == Limits.Telemetry.maximumSeries)
    }

    @Test("pleases promtool", .enabled(if: access("/usr/bin/promtool", X_OK) == 0))
    func promtool() throws {
        let registry = MetricRegistry()
        registry.counter("http_requests", help: "Requests.", labels: ["route"]).with("/a\"\\\n").add()
        registry.histogram("http_wait", help: "Wait.", labels: ["route"]).with("/").observe(.milliseconds(7))
        registry.collectProcess {
            ProcessReading(residentBytes: 1, processorNanoseconds: 2, openDescriptors: 3, threads: 4)
        }
        let tool = try #require(popen("/usr/bin/promtool check metrics", "w"))
        let text = PrometheusText.encode(registry)
        #expect(fwrite(text, 1, text.count, tool) == text.count)
        #expect(pclose(tool) == 0)
    }

    private static let golden = #"""
        # HELP age_seconds Age.
        # TYPE age_seconds gauge
        age_seconds -1.5
        # HELP held_bytes Held.
        # TYPE held_bytes gauge
        held_bytes 4096
        # HELP http_requests_total Requests\nanswered \\ all.
        # TYPE http_requests_total counter
        http_requests_total{route="/a\"\\\n?é",status="5xx"} 1
        http_requests_total{route="/b",status="2xx"} 3
        # HELP parts Parts.
        # TYPE parts histogram
        parts_bucket{le="1"} 0
        parts_bucket{le="+Inf"} 1
        parts_sum 2
        parts_count 1
        # HELP peers Peers.
        # TYPE peers gauge
        peers{role="edge"} 9
        peers{role="hub"} 7
        # HELP telemetry_series_refused_total Touches that counted as other: too many label values.
        # TYPE telemetry_series_refused_total counter
        telemetry_series_refused_total{metric="http_requests_total"} 0
        telemetry_series_refused_total{metric="never_touched"} 0
        telemetry_series_refused_total{metric="wait_seconds"} 0
        # HELP wait_seconds Wait.
        # TYPE wait_seconds histogram
        wait_seconds_bucket{who="a",le="0.0005"} 1
        wait_seconds_bucket{who="a",le="1"} 4
        wait_seconds_bucket{who="a",le="+Inf"} 5
        wait_seconds_sum{who="a"} 91.021
        wait_seconds_count{who="a"} 5

        """#
}
