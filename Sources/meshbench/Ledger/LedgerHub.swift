internal import Glibc
internal import MeshAccounts
internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshIO
internal import MeshLedger
internal import MeshNode
internal import MeshStore
internal import MeshTestKit

/// The accounts of a hub on the store that ships, without the rest of the hub.
struct LedgerHub: Sendable {
    let office: LedgerOffice
    let node: ActorNode
    let store: LogStore

    /// Runs `body` on the accounts in `folder`; they are handed over in the end where `drains` says so, and otherwise
    /// left as a process leaves them that is killed.
    static func run<Result: Sendable>(
        in folder: String,
        drains: Bool = true,
        _ body: @escaping @Sendable (LedgerHub) async throws -> Result
    ) async throws -> Result {
        let loop = try EventLoop.start(name: "bench-clock")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let store = try await StoreFolder(path: folder).open().store
        let office = LedgerOffice(policy: try LedgerPolicy.shipped.get(), clock: clock)
        let owner = Owner(node: try NodeID("bench"), incarnation: UInt64(clock.wallTime.millisecondsSince1970))
        let node = ActorNode(
            owner: owner,
            kinds: office.kinds(telling: DeafSink()),
            membership: Membership(epoch: owner.incarnation, members: [Member(owner, role: .hub)]),
            journal: store,
            transport: nil,
            clock: clock,
            generator: SeededGenerator(seed: 1),
            logger: Logger(sink: VolatileLogSink(), clock: clock, minimumLevel: .error)
        )
        office.open(on: node)
        let hub = LedgerHub(office: office, node: node, store: store)
        let result = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await node.run() }
            let result = try await body(hub)
            if drains { await node.drain() }
            group.cancelAll()
            return result
        }
        try await store.close()
        return result
    }

    /// Puts `account` in a tier and pays `dollars` in, so that nothing is owed and nobody need be told.
    func open(_ account: String, dollars: Int64) async throws {
        _ = try await office.ask(Ledger.SetTier(.managed, terms: office.terms), of: account)
        let amount = Money(nanodollars: dollars * 1_000_000_000)
        _ = try await office.ask(Ledger.AddCredit(UniqueID(named: "opening"), .paid, amount), of: account)
    }

    /// A tenth of a cent for each token that is said.
    static let price = ModelPrice(
        version: "bench@1",
        base: ModelPrice.Rates(
            input: 0,
            output: 1_000_000_000_000,
            cacheRead: 0,
            cacheWrite: 0,
            longCacheWrite: 0
        )
    )

    /// A call that says so many tokens at most.
    static func call(_ caller: Int, _ number: Int, tokens: Int) -> LedgerCall {
        LedgerCall(
            id: UniqueID(high: UInt64(caller), low: UInt64(number)),
            model: "claude-sonnet-5-5",
            kind: .cloud,
            price: price,
            worst: ChatUsage(inputTokens: 1_200, outputTokens: tokens),
            place: CallPlace(project: "bench", session: "session-\(caller)")
        )
    }

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
