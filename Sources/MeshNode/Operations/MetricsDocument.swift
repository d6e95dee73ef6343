internal import MeshCore
internal import MeshHTTP
internal import MeshTelemetry

/// What is written of metrics for people: the reference.
package enum MetricsDocument {
    /// What nodes of `role` measure.
    static func registry(of role: NodeRole) -> MetricRegistry {
        let (registry, clock) = (MetricRegistry(), StillClock())
        let start = WallTime(millisecondsSince1970: 0)
        switch role {
        case .hub: HubMetrics.register(in: registry, startedAt: start, clock: clock) { nil }
        case .edge: EdgeMetrics.register(in: registry, startedAt: start, clock: clock) { nil }
        }
        _ = AccessMetrics(registry: registry, clock: clock)
        return registry
    }

    /// Everything about metrics, in Markdown.
    package static var reference: String {
        var rows: [String: (description: MetricDescription, roles: [NodeRole])] = [:]
        for role in NodeRole.allCases {
            for description in registry(of: role).descriptions {
                rows[description.name, default: (description, [])].roles.append(role)
            }
        }
        var text = introduction
        for (_, row) in rows.sorted(by: { $0.key < $1.key }) {
            let found = row.description
            let labels = found.labels.isEmpty ? "" : found.labels.map { "`\($0)`" }.joined(separator: ", ")
            let roles = row.roles.count == NodeRole.allCases.count ? "both" : row.roles[0].rawValue
            let unit = found.unit == .count ? "" : found.unit.rawValue
            text += "| `\(found.name)` | \(found.kind.rawValue) | \(unit) | \(labels) | \(roles) | \(found.help) |\n"
        }
        return text
    }

    private static let introduction = """
        # Metrics

        <!-- Written by `meshnode metrics reference`; a test compares it. -->

        A node with `http.listen` answers `GET /metrics` in Prometheus' text format. A scrape gathers at most once a
        second, and looks at links a hundred at a time, so that neither many scrapers nor many links keep the node from
        its work; docs/benchmarks.md says what it costs. Alerts to begin with: `scripts/prometheus-alerts.yaml`.

        - No series names an edge, an actor or a user: the number of series does not grow with them. Of what each link
          has its own figure of, `stat` says which one over all open links it is: `min`, `p50`, `p90`, `p99`, `max`
          (percentiles are at most a quarter too high). On an edge, which has one hub at a time, `hub` names that.
        - Counters count since the node was started. What a node has not opened yet is not shown.
        - `mesh_actor_calls_total` counts where the actor lives, `mesh_actor_calls_sent_total` where somebody elsewhere
          asks; a call that is `given_up` ran out of time or was cancelled, one that is `unknown` may have been carried
          out.

        | Metric | Kind | Unit | Labels | Nodes | What it says |
        |---|---|---|---|---|---|

        """
}

/// A clock for what is only described: nothing is ever timed by it.
private struct StillClock: Clock {
    var now: Instant { .origin }
    var wallTime: WallTime { WallTime(millisecondsSince1970: 0) }
    func sleep(until deadline: Instant) async throws(CancellationError) { throw CancellationError() }
}
