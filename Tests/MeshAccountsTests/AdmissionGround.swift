import MeshAccounts
import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit

/// A hub's way from calls to money, over a journal in memory that is slow and fails when it is told to.
struct AdmissionGround: Sendable {
    /// What happens in one life of the hub.
    typealias Life = @Sendable (AdmissionGround) async throws -> Void

    static let topUpURL = "https://pay.example/acme"

    let world: SeededWorld
    let journal: FaultyJournal
    let office: LedgerOffice
    let admission: AccountAdmission
    let sink = VolatileSink()

    /// Runs `lives` one after the other for some seeds, each on a journal of its own; each ends as in a crash.
    static func run(
        seeds: ClosedRange<UInt64> = 0...7,
        newAccounts: LedgerTier = .managed,
        _ lives: Life...
    ) throws {
        for seed in seeds {
            let outcome = try SeededRun.run(seed: seed, maximumSteps: 4_000_000) { world in
                let store = VolatileJournal()
                for (index, life) in lives.enumerated() {
                    let ground = AdmissionGround(world, store, newAccounts, try AccountsGround.shippedPolicy())
                    try await ground.live(UInt64(index + 1), life)
                }
            }
            try outcome.result.get()
        }
    }

    private init(_ world: SeededWorld, _ store: VolatileJournal, _ newAccounts: LedgerTier, _ policy: LedgerPolicy) {
        self.world = world
        journal = FaultyJournal(store, clock: world.clock, delay: .milliseconds(2))
        office = LedgerOffice(policy: policy, newAccounts: newAccounts, clock: world.clock)
        admission = AccountAdmission(office, own: ["own"], topUpURL: Self.topUpURL, clock: world.clock)
    }

    private func live(_ incarnation: UInt64, _ life: @escaping Life) async throws {
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
            try await life(self)
            let faults = try await office.ask(Ledger.Verify(), of: "acme")
            try check(faults.isEmpty, "\(faults)")
            group.cancelAll()
        }
        withExtendedLifetime(node) {}
    }

    // MARK: Calls

    /// The call that costs so many tenths of a cent before any multiplier, which `engines` may answer.
    func ask(_ number: UInt64, _ thousandths: Int, _ engines: [String] = ["cloud"]) throws -> AdmissionAsk {
        let worst = ChatUsage(outputTokens: thousandths)
        return AdmissionAsk(
            id: Sample.id(number),
            tenant: try TenantID("acme"),
            key: nil,
            model: "model",
            worst: worst,
            worstCost: Sample.round.cost(of: worst),
            price: Sample.round,
            engines: engines,
            deadline: world.clock.now + .seconds(240)
        )
    }

    /// So many tokens were used.
    func outcome(_ tokens: Int, _ end: AdmissionOutcome.End = .complete) -> AdmissionOutcome {
        let usage = ChatUsage(outputTokens: tokens)
        return AdmissionOutcome(end: end, usage: usage, cost: Sample.round.cost(of: usage))
    }

    func balance() async throws -> Balance { try await office.ask(Ledger.ShowBalance(), of: "acme") }

    /// The error with which `ask` is refused.
    func refusal(of ask: AdmissionAsk) async throws -> ChatError {
        do throws(ChatError) { _ = try await admission.reserve(ask) } catch { return error }
        throw Complaint(what: "it was admitted")
    }
}
