import MeshCore
import MeshHTTP
import MeshTelemetry
import MeshTestKit
import Testing

@Suite("What operators ask a node") struct OperationsTests {
    @Test func `it lives`() async throws {
        let response = try await Self.router([]).respond(to: TestRequest.make(.get, "/health"))
        #expect(response.status == .ok)
        #expect(response.text == #"{"status":"alive"}"#)
        #expect(response.fields[.contentType] == "application/json")
        #expect(response.fields[.cacheControl] == "no-store")
    }

    @Test func `it is ready where all checks are`() async throws {
        let ready = try await Self.router([Check("store"), Check("loop")]).respond(to: TestRequest.make(.get, "/ready"))
        #expect(ready.status == .ok)
        #expect(ready.text == #"{"status":"ready","checks":{"loop":"ready","store":"ready"}}"#)
        let checks = [Check("store", .notReady("read_only")), Check("loop")]
        let waiting = try await Self.router(checks).respond(to: TestRequest.make(.get, "/ready"))
        #expect(waiting.status == .serviceUnavailable)
        #expect(waiting.text == #"{"status":"not_ready","checks":{"loop":"ready","store":"read_only"}}"#)
        let none = try await Self.router([]).respond(to: TestRequest.make(.get, "/ready"))
        #expect(none.text == #"{"status":"ready","checks":{}}"#)
    }

    @Test func `a check that hangs is not waited for`() async throws {
        let clock = VirtualClock()
        let router = Self.router([Check("stuck", hangsOn: clock)], clock: clock)
        async let answer = router.respond(to: TestRequest.make(.get, "/ready"))
        while clock.sleeperCount < 2 { await Task.yield() }
        #expect(clock.advanceToNextDeadline())
        let response = try await answer
        #expect(response.status == .serviceUnavailable)
        #expect(response.text == #"{"status":"not_ready","checks":{"stuck":"timed_out"}}"#)
        #expect(clock.now == .origin + Limits.Operations.checkTimeout)
    }

    @Test func `its numbers are there for Prometheus, those of the process too`() async throws {
        let registry = MetricRegistry()
        registry.collectProcess(read: ProcessReader.read)
        let response = try await Self.router([], registry: registry).respond(to: TestRequest.make(.get, "/metrics"))
        #expect(response.fields[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        let text = try #require(response.text)
        for name in ["resident_memory_bytes", "cpu_seconds_total", "open_fds", "threads"] {
            let line = text.split(separator: "\n").first { $0.hasPrefix("process_\(name) ") }
            let value = try #require(line.flatMap { Double($0.split(separator: " ")[1]) })
            #expect(value > 0)
        }
    }

    @Test func `it takes no more checks than are bearable`() async {
        #expect((0..<Limits.Operations.maximumChecks).map { Check("c\($0)") }.count == Limits.Operations.maximumChecks)
        await #expect(processExitsWith: .failure) {
            let checks = (0...Limits.Operations.maximumChecks).map { Check("c\($0)") }
            _ = Operations(checks: checks, registry: MetricRegistry(), clock: VirtualClock())
        }
        await #expect(processExitsWith: .failure) {
            _ = Operations(checks: [Check("a"), Check("a")], registry: MetricRegistry(), clock: VirtualClock())
        }
    }

    private static func router(
        _ checks: [Check],
        registry: MetricRegistry = MetricRegistry(),
        clock: VirtualClock = VirtualClock()
    ) -> Router {
        var routes = RouterBuilder()
        Operations(checks: checks, registry: registry, clock: clock).add(to: &routes)
        return routes.build()
    }

    struct Check: ReadinessCheck {
        let name: String
        private let verdict: ReadinessState
        private let clock: VirtualClock?

        init(_ name: String, _ verdict: ReadinessState = .ready, hangsOn clock: VirtualClock? = nil) {
            self.name = name
            self.verdict = verdict
            self.clock = clock
        }

        func state() async -> ReadinessState {
            try? await clock?.sleep(for: .seconds(3_600))
            return verdict
        }
    }
}
