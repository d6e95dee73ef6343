internal import MeshAccounts
internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshIO
internal import MeshLedger
internal import MeshNode
internal import MeshStore
internal import MeshTestKit
internal import MeshUsageStore

/// The accounts of a hub by themselves, in a hub's folder: the store that ships, and no network.
struct LedgerHub: Sendable {
    let office: LedgerOffice
    let store: LogStore
    /// Carries postings to the folder's database of usage, for whoever asks it to.
    let exporter: UsageExporter

    /// Runs `body` on the accounts in `path`, and hands them over in the end.
    static func run<Result: Sendable>(
        in path: String,
        _ configuration: LogConfiguration = LogConfiguration(),
        _ body: @escaping @Sendable (LedgerHub) async throws -> Result
    ) async throws -> Result {
        let loop = try EventLoop.start(name: "bench-clock")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let logger = Logger(sink: VolatileLogSink(), clock: clock, minimumLevel: .error)
        try POSIXDisk.makeFolder(path)
        let folder = HubFolder(path: path)
        let store = try await folder.store.open(configuration).store
        let office = LedgerOffice(policy: try LedgerPolicy.shipped.get(), clock: clock)
        let owner = Owner(node: try NodeID("hub-1"), incarnation: store.generation)
        let node = ActorNode(
            owner: owner,
            kinds: office.kinds(telling: DeafSink()),
            membership: Membership(epoch: 1, members: [Member(owner, role: .hub)]),
            journal: store,
            transport: nil,
            clock: clock,
            generator: SeededGenerator(seed: store.generation),
            logger: logger
        )
        office.open(on: node)
        let usage = UsageStore(path: folder.usagePath)
        let exporter = UsageExporter(from: store, to: usage, clock: clock, logger: logger)
        let hub = LedgerHub(office: office, store: store, exporter: exporter)
        let result = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await node.run() }
            let result = try await body(hub)
            await node.drain()
            group.cancelAll()
            return result
        }
        await usage.close()
        try await store.close()
        return result
    }

    /// Puts `account` in a tier and pays `dollars` in, so that nothing is owed and nobody need be told.
    func open(_ account: String, dollars: Int64) async throws {
        _ = try await office.ask(Ledger.SetTier(.managed, terms: office.terms), of: account)
        let amount = Money(nanodollars: dollars * 1_000_000_000)
        _ = try await office.ask(Ledger.AddCredit(UniqueID(named: "opening"), .paid, amount), of: account)
    }

    /// A call of a client with that number, which both make up its id; it uses `worst` at most.
    static func call(_ client: Int, _ number: UInt64, _ worst: ChatUsage) -> LedgerCall {
        LedgerCall(
            id: UniqueID(high: UInt64(client) + 1, low: number),
            model: "sonnet",
            kind: .cloud,
            price: price,
            worst: worst,
            place: CallPlace(project: "apollo", edge: "laptop-\(client)")
        )
    }

    /// A small call of a client with that number: what it uses follows from both, so that a later life makes it again.
    static func call(_ client: Int, _ number: UInt64) -> LedgerCall {
        call(
            client,
            number,
            ChatUsage(inputTokens: 1 + Int(number % 97), outputTokens: 1 + Int(number % 31))
        )
    }

    /// $3 and $15 for a million tokens, ten times: 150,000 nano-dollars for each token that is said.
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

    /// A stand-in for whoever bills: takes everything and keeps nothing.
    private struct DeafSink: MeterSink {
        func tell(_ event: MeterEvent) async throws -> MeterOutcome { .delivered }
    }
}

extension LedgerOffice {
    /// The same, and once more after a pause where the account has too much to do.
    func insist<C: Command>(_ command: C, of account: String) async throws -> C.Reply where C.Target == Ledger {
        while true {
            do throws(CallFailure<C.Refusal>) {
                return try await ask(command, of: account)
            } catch {
                guard case .overloaded(let pause) = error else { throw error }
                try await Task.sleep(for: pause)
            }
        }
    }
}
