internal import MeshActors
internal import MeshCore
internal import MeshHTTP
internal import MeshIO
internal import MeshIdentity
internal import MeshTelemetry

/// What nodes of both roles tell of themselves.
struct NodeMetrics: Sendable {
    /// What was found of the node itself.
    struct Reading: Sendable {
        /// How long work that was given to the loop waited.
        let loopDelay: Duration
        /// Work that other threads have left for the loop.
        let loopWaiting: Int
        /// The wall time.
        let now: WallTime
    }

    let role: String

    /// When the node was started.
    let startedAt: WallTime

    func register(in registry: MetricRegistry, _ source: @escaping @Sendable () -> Reading?) {
        let role = role
        let startedAt = startedAt
        registry.collectProcess { ProcessReader.read() }
        let start = MetricDescription(
            .gauge,
            "process_start_time",
            unit: .seconds,
            help: "When the node was started, in seconds since 1970.",
            labels: []
        )
        registry.collect(start) { [CollectedSample(Self.nanoseconds(startedAt))] }
        let group = MetricGroup(registry: registry, source: source)
        let always = MetricGroup(registry: registry) { Done() }
        always.several(
            .gauge,
            "build_info",
            "Which software this is and what it does here; always 1.",
            labels: ["version", "role"]
        ) { _ in [CollectedSample(1, values: [NodeSoftware.version, role])] }
        group.gauge("uptime", "Time since the node was started.", time: { $0.now.since(startedAt) })
        group.gauge(
            "loop_delay",
            "Time that work given to the node's loop waited before it ran.",
            time: { $0.loopDelay }
        )
        group.gauge("loop_work_waiting", "Work that other threads have left for the loop.") { $0.loopWaiting }
    }

    private static func nanoseconds(_ time: WallTime) -> Int64 {
        let (product, overflow) = time.millisecondsSince1970.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .max : product
    }
}

extension RoleGround {
    /// The node itself, now.
    func nodeReading() async -> NodeMetrics.Reading? {
        let (begun, waiting) = (clock.now, loop.waitingCount)
        guard (try? await loop.run {}) != nil else { return nil }
        return NodeMetrics.Reading(loopDelay: clock.now - begun, loopWaiting: waiting, now: clock.wallTime)
    }
}

/// What metrics tell of a node of either role, as it was at one moment.
protocol NodeReading: Sendable {
    /// What they tell of every node.
    var node: NodeMetrics.Reading { get }
}

extension MetricGroup where Source: NodeReading {
    /// Metrics of what `gather` finds before `registry` is read; what is told of every node is among them already.
    init(
        in registry: MetricRegistry,
        of role: NodeRole,
        startedAt: WallTime,
        clock: any Clock,
        _ gather: @escaping @Sendable () async -> Source?
    ) {
        let prepared = Prepared(clock: clock, gather)
        registry.beforeReading { await prepared.refresh() }
        NodeMetrics(role: role.rawValue, startedAt: startedAt).register(in: registry) { prepared.latest?.node }
        self.init(registry: registry) { prepared.latest }
    }
}
