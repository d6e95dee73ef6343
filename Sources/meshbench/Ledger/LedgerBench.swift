internal import MeshAccounts
internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshIO
internal import MeshLedger
internal import MeshNode
internal import MeshStore
internal import MeshUsageStore

/// The accounts of a hub by themselves, in a hub's folder: its store, its database of usage, and no network.
struct LedgerBench: Sendable {
    let folder: HubFolder
    let store: LogStore
    let node: ActorNode
    let office: LedgerOffice
    let usage: UsageStore
    let exporter: UsageExporter

    /// Opens or makes what is in `path`.
    init(path: String, _ configuration: LogConfiguration = LogConfiguration()) async throws {
        let clock = MachineClock(loop: try EventLoop.start(name: "bench-clock"))
        let logger = Logger(sink: NoLog(), clock: clock, minimumLevel: .error)
        try POSIXDisk.makeFolder(path)
        folder = HubFolder(path: path)
        store = try await folder.store.open(configuration).store
        office = LedgerOffice(policy: try LedgerPolicy.shipped.get(), clock: clock)
        let owner = Owner(node: try NodeID("hub-1"), incarnation: store.generation)
        node = ActorNode(
            owner: owner,
            kinds: office.kinds(telling: TakingSink()),
            membership: Membership(epoch: 1, members: [Member(owner, role: .hub)]),
            journal: store,
            transport: nil,
            clock: clock,
            generator: SeededGenerator(seed: store.generation),
            logger: logger
        )
        office.open(on: node)
        usage = UsageStore(path: folder.usagePath)
        exporter = UsageExporter(from: store, to: usage, clock: clock, logger: logger)
    }

    /// A call of a client with that number: what it is and uses follows from both.
    static func call(_ client: Int, _ number: UInt64) -> LedgerCall {
        LedgerCall(
            id: UniqueID(high: UInt64(client) + 1, low: number),
            model: "sonnet",
            kind: .cloud,
            price: price,
            worst: ChatUsage(inputTokens: 1 + Int(number % 97), outputTokens: 1 + Int(number % 31)),
            place: CallPlace(project: "apollo", edge: "laptop-\(client)")
        )
    }

    /// $3 and $15 for a million tokens, ten times.
    private static let price = ModelPrice(
        version: "bench@1",
        base: ModelPrice.Rates(
            input: 30_000_000_000,
            output: 150_000_000_000,
            cacheRead: 3_000_000_000,
            cacheWrite: 37_500_000_000,
            longCacheWrite: 60_000_000_000
        )
    )
}

/// Takes whatever it is told.
private struct TakingSink: MeterSink {
    func tell(_ event: MeterEvent) async throws -> MeterOutcome { .delivered }
}

private struct NoLog: LogSink {
    func write(_ record: LogRecord) {}
}
