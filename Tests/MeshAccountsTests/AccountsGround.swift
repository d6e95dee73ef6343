import MeshAccounts
import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit

/// A node whose accounts live on real actors, over a journal in memory.
struct AccountsGround: Sendable {
    let world: SeededWorld
    let journal: VolatileJournal
    let office: LedgerOffice
    let sink = VolatileSink()
    /// What the office tells operators.
    let log: VolatileLogSink

    /// Runs `body` for some seeds, each on a node of its own, which dies behind it as in a crash.
    static func run(
        seeds: ClosedRange<UInt64> = 0...7,
        _ body: @escaping @Sendable (AccountsGround) async throws -> Void
    ) throws {
        for seed in seeds {
            let outcome = try SeededRun.run(seed: seed, maximumSteps: 2_000_000) { world in
                let ground = AccountsGround(world: world, journal: VolatileJournal(), policy: try shippedPolicy())
                try await ground.live(1, body)
            }
            try outcome.result.get()
        }
    }

    static func shippedPolicy() throws -> LedgerPolicy { try LedgerPolicy.shipped.get() }

    init(world: SeededWorld, journal: VolatileJournal, policy: LedgerPolicy) {
        self.world = world
        self.journal = journal
        let log = VolatileLogSink()
        let logger = Logger(sink: log, clock: world.clock, minimumLevel: .debug)
        self.log = log
        office = LedgerOffice(policy: policy, clock: world.clock, logger: logger)
    }

    /// The life of the node of that number, on the same journal.
    func live(_ incarnation: UInt64, _ body: @escaping @Sendable (AccountsGround) async throws -> Void) async throws {
        let owner = Owner(node: try NodeID("hub-1"), incarnation: incarnation)
        let node = ActorNode(
            owner: owner,
            kinds: office.kinds(telling: sink),
            membership: Membership(epoch: 1, members: [Member(owner, role: .hub)]),
            journal: journal,
            transport: nil,
            clock: world.clock,
            generator: SeededGenerator(seed: incarnation),
            logger: Logger(sink: VolatileLogSink(), clock: world.clock, minimumLevel: .debug)
        )
        office.open(on: node)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await node.run() }
            try await body(self)
            group.cancelAll()
        }
        // The office holds it weakly.
        withExtendedLifetime(node) {}
    }
}

/// A test double of whoever bills: keeps what it is told.
final class VolatileSink: MeterSink {
    let told = Lock<[MeterEvent]>([])
    /// What it says to whatever it is told.
    let outcome = Lock(MeterOutcome.delivered)

    func tell(_ event: MeterEvent) async throws -> MeterOutcome {
        told.withLock { $0.append(event) }
        return outcome.withLock { $0 }
    }
}

/// Names and figures that the tests share.
enum Sample {
    static func id(_ number: UInt64) -> UniqueID { UniqueID(high: 7, low: number) }

    /// So many thousandths of a dollar.
    static func money(_ thousandths: Int64) -> Money { Money(nanodollars: thousandths * 1_000_000) }

    /// A tenth of a cent for each token that is said.
    static let round = ModelPrice(
        version: "round@1",
        base: ModelPrice.Rates(
            input: 0,
            output: 1_000_000_000_000,
            cacheRead: 0,
            cacheWrite: 0,
            longCacheWrite: 0
        )
    )

    /// A call that costs so many tenths of a cent, before any multiplier.
    static func call(_ number: UInt64, _ thousandths: Int, kind: UseKind = .cloud) -> LedgerCall {
        LedgerCall(
            id: id(number),
            model: "model",
            kind: kind,
            price: round,
            worst: ChatUsage(outputTokens: thousandths)
        )
    }
}

/// Fails the run with `what`, which the seed then replays.
func check(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw Complaint(what: what()) }
}

struct Complaint: Error { let what: String }
