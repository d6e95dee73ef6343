package import MeshCore
internal import MeshLedger
internal import MeshTestKit

/// What a seed decides before a world of accounts begins.
package struct LedgerPlan: SeededPlan {
    package typealias Figures = LedgerFigures

    package static let command = "ledger"

    /// The seed.
    package let seed: UInt64

    /// How many accounts there are.
    package let accountCount: Int

    /// How many use them at the same time.
    package let payerCount: Int

    /// How many calls each of them makes.
    package let requestCount: Int

    /// How long faults happen.
    package let turmoil: Duration

    /// Which faults happen.
    package let faults: Set<LedgerWorldFault>

    /// How long an account stays in memory that nobody asks; where that is short, it comes and goes.
    let idleTime: Duration

    /// How long, at most, one waits between two calls.
    let longestThought: Duration

    /// What tiers have agreed to, from which day on.
    let rows: [PlannedRow]

    package var cast: String {
        "\(accountCount) accounts, \(payerCount) who pay from them, \(requestCount) calls each"
    }

    /// The names of the accounts.
    var accounts: [String] { (1...accountCount).map { "acct-\($0)" } }

    /// Draws the plan of `seed`.
    package init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed ^ 0x4C45_4447_4552)
        self.seed = seed
        accountCount = generator.integer(in: 1...Limits.LedgerWorld.maximumAccounts)
        payerCount = generator.integer(in: 1...Limits.LedgerWorld.maximumPayers)
        requestCount = generator.integer(in: 10...Limits.LedgerWorld.maximumRequests)
        turmoil = .seconds(generator.integer(in: 5...60))
        idleTime = .milliseconds(generator.pick(from: [100, 1_000, 20_000]) ?? 1_000)
        longestThought = .milliseconds(generator.pick(from: [20, 300, 1_500]) ?? 300)
        var faults: Set<LedgerWorldFault> = []
        let share = generator.integer(in: 1...3)
        for fault in LedgerWorldFault.allCases where generator.chance(share, in: 4) { faults.insert(fault) }
        self.faults = faults
        rows = PlannedRow.days.map { PlannedRow(from: $0, &generator) }
    }

    /// The policy, as whoever runs a hub would write it.
    func policy() throws(LedgerError) -> LedgerPolicy {
        let rows = rows.map(\.text).joined(separator: ",\n")
        return try LedgerPolicy(text: "{version: \"\(PlannedRow.days[0])\", rows: [\n\(rows)\n]}")
    }

    /// The row called `version`; nil where there is none.
    func row(_ version: String) -> PlannedRow? { rows.first { $0.version == version } }
}

/// What tiers agree to from a day on, in figures of its own: the oracle has them from here, and not from the ledger.
struct PlannedRow: Sendable {
    struct Tier: Sendable {
        let terms: OracleTerms
        let grant: Int128
    }

    let from: String
    let flushAt: Int64
    private let tiers: [Tier]

    static let days = ["2026-01-01", "2026-02-01", "2026-03-01"]

    init(from day: String, _ generator: inout SeededGenerator) {
        from = day
        flushAt = generator.pick(from: [1_000, 2_000_000, 5_000_000_000]) ?? 1_000
        tiers = LedgerTier.allCases.map { tier in
            let isFree = tier == .free
            let ceiling = generator.pick(from: [0, 40_000_000, 3_000_000_000, 50_000_000_000]) ?? 0
            let terms = OracleTerms(
                local: 1_000 + Int128(generator.integer(below: 3)),
                cloud: tier == .byok ? 1_300 : 1_030 + Int128(generator.integer(below: 20)),
                knowledge: 1_300,
                isFeeAlone: tier == .byok && generator.chance(1, in: 2),
                ceiling: isFree ? 0 : Int128(ceiling)
            )
            return Tier(terms: terms, grant: generator.chance(1, in: 3) ? 1_000_000_007 : 0)
        }
    }

    var version: String { "\(Self.days[0])@\(from)" }

    subscript(tier: LedgerTier) -> Tier { tiers[Int(tier.rawValue)] }

    var text: String {
        let tiers = LedgerTier.allCases.map { name -> String in
            let tier = self[name]
            let rates = "local: \(tier.terms.local), cloud: \(tier.terms.cloud), knowledge: \(tier.terms.knowledge)"
            let basis = tier.terms.isFeeAlone ? "fee" : "whole"
            let sums = "ceiling: \(tier.terms.ceiling), grant: \(tier.grant)"
            return "\(name.name): {\(rates), cloudCharges: \"\(basis)\", \(sums)}"
        }
        return "{from: \"\(from)\", flushAt: \(flushAt), \(tiers.joined(separator: ", "))}"
    }
}

extension Limits {
    /// Bounds on a simulated world of accounts.
    package enum LedgerWorld {
        /// Accounts; a plan has no more.
        package static let maximumAccounts = 4

        /// Who uses them at the same time; a plan has no more.
        package static let maximumPayers = 12

        /// Calls of each of them; a plan has no more.
        ///
        /// All of them together stay below what an account remembers.
        package static let maximumRequests = 60

        /// Tries to have money set aside, before somebody gives up.
        package static let reserveTries = 4

        /// Tries to say what was used: as many as last beyond the faults.
        package static let insistentTries = 2_000

        /// How long after the faults it may take until everything has been charged and told.
        package static let horizon = Duration.seconds(1_800)

        /// Jobs that one world may run before it is taken for one that never ends, and fails.
        package static let maximumSteps = 5_000_000
    }
}
