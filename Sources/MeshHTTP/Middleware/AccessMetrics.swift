package import MeshCore
package import MeshTelemetry

/// Counts requests by the pattern of their route, how they went, how long they took and how many are under way.
///
/// A request is under way until its whole body is produced or nobody wants it any more.
package struct AccessMetrics: Middleware {
    private let requests: CounterFamily
    private let durations: HistogramFamily
    private let underWay: GaugeFamily
    private let clock: any Clock

    /// Metrics in `registry`, times by `clock`.
    package init(registry: MetricRegistry, clock: any Clock) {
        requests = registry.counter(
            "http_requests",
            help: "Requests by route, method and class of status.",
            labels: ["route", "method", "status"]
        )
        durations = registry.histogram(
            "http_request_duration",
            help: "From a request's head to the end of its answer's body.",
            labels: ["route"]
        )
        underWay = registry.gauge(
            "http_requests_under_way",
            help: "Requests whose answer has not ended.",
            labels: ["route"]
        )
        self.clock = clock
    }

    package func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse {
        let route = request[MatchedRoute.self] ?? "none"
        let span = Span(underWay.with(route), durations.with(route), clock)
        do {
            var response = try await next.respond(to: request)
            count(request, route, Self.statusClass(response.status))
            response.body = Self.hold(span, in: response.body)
            return response
        } catch {
            count(request, route, "cancelled")
            throw error
        }
    }

    private func count(_ request: HTTPRequest, _ route: String, _ status: String) {
        let method = Self.methods.contains(request.method) ? request.method.name : "other"
        requests.with(route, method, status).add()
    }

    private static func statusClass(_ status: HTTPStatus) -> String { "\(status.code / 100)xx" }

    /// The same body, which keeps `span` alive until it is produced or dropped.
    private static func hold(_ span: Span, in body: ResponseBody) -> ResponseBody {
        switch body {
        case .empty, .bytes: body
        case .stream(let length, let produce):
            .stream(length: length) { writer in
                try await produce(writer)
                withExtendedLifetime(span) {}
            }
        case .webSocket(let subprotocol, let converse):
            .webSocket(subprotocol: subprotocol) { socket in
                try await converse(socket)
                withExtendedLifetime(span) {}
            }
        }
    }

    private static let methods: Set<HTTPMethod> = [.get, .head, .post, .put, .patch, .delete, .options]

    /// A request under way: until nobody holds it any more, whatever has become of its answer.
    private final class Span: Sendable {
        private let underWay: Gauge
        private let durations: Histogram
        private let clock: any Clock
        private let begin: Instant

        init(_ underWay: Gauge, _ durations: Histogram, _ clock: any Clock) {
            self.underWay = underWay
            self.durations = durations
            self.clock = clock
            begin = clock.now
            underWay.add(1)
        }

        deinit {
            underWay.add(-1)
            durations.observe(clock.now - begin)
        }
    }
}
