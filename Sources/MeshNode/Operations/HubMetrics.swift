internal import MeshAccounts
internal import MeshActors
internal import MeshCore
internal import MeshIdentity
internal import MeshQUIC
internal import MeshStore
internal import MeshTelemetry
internal import MeshTunnel

/// What metrics tell of a hub, as it was at one moment.
struct HubReading: NodeReading {
    let node: NodeMetrics.Reading
    let links: LinkSummary
    let actors: ActorStatistics
    let store: StoreStatistics
    let storeNews: StoreWatch.Counts
    let beats: EdgeVitals.Totals
    let budgets: HubBeats.Counts
    let tunnels: Tunnels
    let enrolment: [String: Int64]
    let state: NodeState
    let certificateLeft: Duration
    let authorityLeft: Duration?
    let chats: ChatReading
    let usage: UsageExportCounts?
    let meters: MeterBook.Counts

    struct Tunnels: Sendable {
        let open: Int
        let suspected: Int
        let known: Int
        let counts: HubTunnels.Counts
        let judgementsWaiting: Int
        let wishesWaiting: Int
    }
}

/// The metrics of a hub.
enum HubMetrics {
    /// Has `registry` show what `gather` finds.
    static func register(
        in registry: MetricRegistry,
        startedAt: WallTime,
        clock: any Clock,
        _ gather: @escaping @Sendable () async -> HubReading?
    ) {
        let group = MetricGroup(in: registry, of: .hub, startedAt: startedAt, clock: clock, gather)
        group.part(\.links).registerLinks()
        group.part(\.links).registerEndpoint()
        group.part(\.actors).registerActors()
        group.part(\.store).registerStore()
        group.part(\.storeNews).registerStoreNews()
        group.part(\.beats).registerBeats()
        group.part(\.budgets).registerBudgets()
        group.part(\.tunnels).registerTunnels()
        group.part(\.chats).registerChats()
        group.part(\.usage).registerUsage()
        group.part(\.meters).registerMeters()
        registerOwn(group)
    }

    private static func registerOwn(_ group: MetricGroup<HubReading>) {
        group.several(
            .counter,
            "enrolment_answers",
            "Answers to devices that asked for a certificate: issued, or why not.",
            labels: ["outcome"]
        ) { found in found.enrolment.map { CollectedSample($0.value, values: [$0.key]) } }
        group.several(
            .gauge,
            "check_passing",
            "Whether what the node needs is well, by what was looked at; 0 or 1.",
            labels: ["check"]
        ) { found in
            found.state.checks.map { CollectedSample($0.isPassing ? 1 : 0, values: [$0.name.rawValue]) }
        }
        group.gauge(
            "certificate_remaining",
            "Time that the node's certificate counts still.",
            time: {
                $0.certificateLeft
            }
        )
        group.gauge(
            "authority_remaining",
            "Time that the authority counts still that signs certificates.",
            time: {
                $0.authorityLeft
            }
        )
    }
}

extension MetricGroup<HubReading.Tunnels> {
    /// The tunnels of a hub, as it sees them.
    func registerTunnels() {
        several(
            .gauge,
            "tunnels",
            "Tunnels of edges: connected, or suspected because they are silent.",
            labels: ["state"]
        ) { found in
            let suspected = min(found.suspected, found.open)
            return [
                CollectedSample(Int64(found.open - suspected), values: ["connected"]),
                CollectedSample(Int64(suspected), values: ["suspected"]),
            ]
        }
        gauge("edges_known", "Edges of which vitals are kept.") { $0.known }
        words("tunnel_links_opened", "Links that opened, by what that made of their tunnel.", "outcome") { $0.opened }
        words("tunnel_links_closed", "Links that ended, by who has ended them and why.", "reason") { $0.closed }
        words("handshakes_failed", "Connections that ended before anybody knew whose they are, by why.", "reason") {
            $0.handshakesFailed
        }
        gauge("links_to_judge", "Links that wait for the judgement of their key.") { $0.judgementsWaiting }
        gauge("pre_warms_waiting", "Wishes to make work ready that wait.") { $0.wishesWaiting }
    }

    private func words(
        _ name: String,
        _ help: String,
        _ label: String,
        _ counts: @escaping @Sendable (HubTunnels.Counts) -> [String: Int64]
    ) {
        several(.counter, name, help, labels: [label]) { found in
            counts(found.counts).map { CollectedSample($0.value, values: [$0.key]) }
        }
    }
}

extension HubService {
    /// What metrics tell of it now; `node` is what was found of the node itself.
    func reading(
        _ node: NodeMetrics.Reading,
        _ phase: NodeState.Phase,
        _ chats: HubChats,
        _ meters: MeterBook.Counts
    ) async -> HubReading {
        let told = await chats.reading()
        let links = await hub.transport.summary()
        let now = node.now
        return HubReading(
            node: node,
            links: links,
            actors: hub.node.statistics,
            store: store.statistics,
            storeNews: storeWatch.counts,
            beats: hub.beats.totals,
            budgets: hub.beats.counts,
            tunnels: HubReading.Tunnels(
                open: hub.tunnels.count,
                suspected: hub.beats.suspectedCount,
                known: hub.beats.edgeCount,
                counts: hub.tunnels.counts,
                judgementsWaiting: self.links.waitingCount,
                wishesWaiting: hub.beats.wishesWaiting
            ),
            enrolment: office.answers,
            state: state(phase),
            certificateLeft: certificateEnd.withLock { $0 }.since(now),
            authorityLeft: authorityEnd.withLock { $0 }?.since(now),
            chats: told,
            usage: usage?.counts,
            meters: meters
        )
    }
}
