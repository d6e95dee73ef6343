package import MeshCore
package import MeshTelemetry

/// What operators and their programs ask a node: whether it lives, whether it is ready, and its numbers.
package struct Operations: Sendable {
    private let checks: [any ReadinessCheck]
    private let registry: MetricRegistry
    private let clock: any Clock
    private let shared: SharedReadiness

    /// Answers from `checks`, whose names differ, and `registry`; too many checks are our own mistake and trap.
    package init(checks: [any ReadinessCheck], registry: MetricRegistry, clock: any Clock) {
        precondition(checks.count <= Limits.Operations.maximumChecks, "too many checks of readiness")
        precondition(Set(checks.map(\.name)).count == checks.count, "two checks of readiness have one name")
        self.checks = checks.sorted { $0.name < $1.name }
        self.registry = registry
        self.clock = clock
        shared = SharedReadiness(clock: clock)
    }

    /// Adds `/health`, `/ready` and `/metrics` to the group that is being built; `guards` stand before the numbers.
    package func add(to routes: inout RouterBuilder, metricsBehind guards: [any Middleware] = []) {
        routes.on(.get, Path.at("/health")) { _ in Self.answer(.ok, "{\"status\":\"alive\"}") }
        routes.on(.get, Path.at("/ready")) { _ in
            let readiness = try await shared.answer { try await round() }
            return Self.answer(readiness.isReady ? .ok : .serviceUnavailable, readiness.text)
        }
        routes.group(middleware: guards) { routes in
            routes.on(.get, Path.at("/metrics")) { _ in
                await registry.prepare()
                var response = HTTPResponse(type: PrometheusText.contentType, bytes: PrometheusText.encode(registry))
                response.fields.append(.cacheControl, "no-store")
                return response
            }
        }
    }

    /// Makes all checks at once.
    private func round() async throws -> SharedReadiness.Answer {
        let words = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for (index, check) in checks.enumerated() {
                group.addTask { (index, try await word(for: check)) }
            }
            var words = [String](repeating: "", count: checks.count)
            for try await (index, word) in group { words[index] = word }
            return words
        }
        let isReady = words.allSatisfy { $0 == Self.readyWord }
        let states = zip(checks, words).map { "\(JSONText.quoted($0.name)):\(JSONText.quoted($1))" }
        let text = "{\"status\":\"\(isReady ? "ready" : "not_ready")\",\"checks\":{\(states.joined(separator: ","))}}"
        return SharedReadiness.Answer(isReady: isReady, text: text)
    }

    /// What `check` says within its time.
    private func word(for check: any ReadinessCheck) async throws -> String {
        try await withThrowingTaskGroup(of: String.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                switch await check.state() {
                case .ready: Self.readyWord
                case .notReady(let reason): reason
                }
            }
            group.addTask {
                try await clock.sleep(for: Limits.Operations.checkTimeout)
                return "timed_out"
            }
            return try await group.next() ?? "timed_out"
        }
    }

    private static let readyWord = "ready"

    private static func answer(_ status: HTTPStatus, _ text: String) -> HTTPResponse {
        var response = HTTPResponse(status, type: "application/json", bytes: Array(text.utf8))
        response.fields.append(.cacheControl, "no-store")
        return response
    }
}
