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

    @Test func `all who ask within a moment share one round of checks`() async throws {
        let clock = VirtualClock()
        let rounds = Lock(0)
        let router = Self.router([Check("store", counts: rounds)], clock: clock)
        for _ in 0..<3 { #expect(try await Self.ready(router).status == .ok) }
        #expect(rounds.withLock { $0 } == 1)
        for count in 2...3 {
            async let sleep: Void = clock.sleep(for: Limits.Operations.readinessAge)
            while clock.sleeperCount == 0 { await Task.yield() }
            #expect(clock.advanceToNextDeadline())
            try await sleep
            for _ in 0..<3 { #expect(try await Self.ready(router).status == .ok) }
            #expect(rounds.withLock { $0 } == count)
        }
    }

    @Test func `who asks while checks run waits for their answer, whoever gives up`() async throws {
        let clock = VirtualClock()
        let rounds = Lock(0)
        let router = Self.router([Check("stuck", hangsOn: clock, counts: rounds)], clock: clock)
        let first = Task { try await Self.ready(router) }
        while clock.sleeperCount < 2 { await Task.yield() }
        let second = Task { try await Self.ready(router) }
        let third = Task { try await Self.ready(router) }
        for _ in 0..<1_000 { await Task.yield() }
        #expect(rounds.withLock { $0 } == 1)
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        while rounds.withLock({ $0 }) < 2 || clock.sleeperCount < 2 { await Task.yield() }
        #expect(clock.advanceToNextDeadline())
        for task in [second, third] { #expect(try await task.value.status == .serviceUnavailable) }
        #expect(rounds.withLock { $0 } == 2)
    }

    private static func ready(_ router: Router) async throws -> HTTPResponse {
        try await router.respond(to: TestRequest.make(.get, "/ready"))
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
        private let rounds: Lock<Int>?

        init(
            _ name: String,
            _ verdict: ReadinessState = .ready,
            hangsOn clock: VirtualClock? = nil,
            counts rounds: Lock<Int>? = nil
        ) {
            self.name = name
            self.verdict = verdict
            self.clock = clock
            self.rounds = rounds
        }

        func state() async -> ReadinessState {
            rounds?.withLock { $0 += 1 }
            try? await clock?.sleep(for: .seconds(3_600))
            return verdict
        }
    }
}
