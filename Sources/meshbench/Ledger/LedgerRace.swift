internal import MeshAccounts
internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshLedger
internal import MeshStore
internal import MeshTestKit
internal import MeshWire

/// Many at one account, on the store that ships: first for its last dollar, then for as long as is asked, and what all
/// of them saw held against the one order that its journal has.
struct LedgerRace {
    let folder: String
    let clients: Int
    let operations: Int

    struct Figures {
        /// Of the clients that raced for the last dollar, how many got a part of it.
        let winners: Int
        /// Calls that were made, and of these the changes.
        let operations: Int
        let changes: Int
        let refused: Int
        let elapsed: Duration
        let checking: Duration
    }

    /// What went wrong.
    struct Lost: Error { let words: String }

    func run() async throws -> Figures {
        let (clients, operations) = (clients, operations)
        return try await LedgerHub.run(in: folder) { hub in
            let winners = try await Self.raceForTheLastDollar(hub, clients)
            let account = "acct-race"
            try await hub.open(account, dollars: Self.dollars)
            let tick = Lock(0)
            let clock = ContinuousClock()
            let start = clock.now
            let seen = try await withThrowingTaskGroup(of: [LedgerOperation].self) { group in
                for client in 1...clients {
                    let share = operations / clients + (client <= operations % clients ? 1 : 0)
                    group.addTask { try await Self.play(hub, account, client, share, tick) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let elapsed = clock.now - start
            let journal = try await Self.steps(hub.store, account)
            var oracle = OracleAccount()
            oracle.terms = OracleTerms(local: 1_000, cloud: 1_030, knowledge: 1_300, ceiling: 50_000_000_000)
            oracle.give(.paid, Money(nanodollars: Self.dollars * 1_000_000_000))
            var judge = LedgerLinearizer(from: oracle)
            try judge.check(seen, journal: journal)
            return Figures(
                winners: winners,
                operations: seen.count,
                changes: journal.count,
                refused: seen.count { if case .refused = $0.answer { true } else { false } },
                elapsed: elapsed,
                checking: clock.now - start - elapsed
            )
        }
    }

    /// Everybody wants thirty cents of one dollar at once: three can have them, and nobody is told otherwise.
    private static func raceForTheLastDollar(_ hub: LedgerHub, _ clients: Int) async throws -> Int {
        let (account, terms) = ("acct-dollar", hub.office.terms)
        let tier = terms.free
        _ = try await hub.office.ask(Ledger.SetTier(.free, terms: terms), of: account)
        let dollar = Money(nanodollars: 1_000_000_000)
        _ = try await hub.office.ask(Ledger.AddCredit(UniqueID(named: "dollar"), .paid, dollar), of: account)
        let amount = Int64(300) * 1_000_000 * tier.cloud.thousandths / 1_000
        let receipts = await withTaskGroup(of: HoldReceipt?.self) { group in
            for client in 1...clients {
                group.addTask {
                    let call = LedgerHub.call(client, 0, ChatUsage(outputTokens: 2_000))
                    return try? await hub.office.insist(Ledger.Reserve(call, terms: terms), of: account)
                }
            }
            return await group.reduce(into: [HoldReceipt]()) { if let receipt = $1 { $0.append(receipt) } }
        }
        let left = receipts.map(\.available.nanodollars).sorted(by: >)
        let wanted = (1...3).map { 1_000_000_000 - Int64($0) * amount }
        guard left == wanted else { throw Lost(words: "of a dollar there was left \(left), and should be \(wanted)") }
        let balance = try await hub.office.ask(Ledger.ShowBalance(), of: account)
        guard balance.available.nanodollars == wanted[2], balance.held.nanodollars == 3 * amount else {
            throw Lost(words: "the account shows \(balance.available) and holds \(balance.held)")
        }
        return receipts.count
    }

    /// So many calls of one client, one after another.
    private static func play(
        _ hub: LedgerHub,
        _ account: String,
        _ client: Int,
        _ count: Int,
        _ tick: Lock<Int>
    ) async throws -> [LedgerOperation] {
        var generator = SeededGenerator(seed: UInt64(client))
        let terms = hub.office.terms
        var seen: [LedgerOperation] = []
        var number = UInt64(0)
        func next() -> Int {
            tick.withLock { tick in
                tick += 1
                return tick
            }
        }
        while seen.count < count {
            number += 1
            // One to a hundred dollars.
            let worst = ChatUsage(inputTokens: 1_200, outputTokens: generator.integer(in: 7_000...650_000))
            let call = LedgerHub.call(client, number, worst)
            var asked = next()
            do throws(CallFailure<LedgerRefusal>) {
                let hold = try await hub.office.ask(Ledger.Reserve(call, terms: terms), of: account)
                let answer = LedgerOperation.Answer.held(hold.amount, available: hold.available)
                seen.append(LedgerOperation(.reserve(call), answer, asked: asked, answered: next()))
            } catch {
                guard case .refused(.ceilingExceeded(let needed, let left)) = error else { throw error }
                let answer = LedgerOperation.Answer.refused(needed, available: left)
                seen.append(LedgerOperation(.reserve(call), answer, asked: asked, answered: next()))
                continue
            }
            if generator.chance(1, in: 3) {
                asked = next()
                let balance = try await hub.office.ask(Ledger.ShowBalance(), of: account)
                let answer = LedgerOperation.Answer.balance(available: balance.available, held: balance.held)
                seen.append(LedgerOperation(.balance, answer, asked: asked, answered: next()))
            }
            asked = next()
            if generator.chance(1, in: 4) {
                _ = try await hub.office.ask(Ledger.VoidHold(call.id), of: account)
                seen.append(LedgerOperation(.void(call.id), .voided, asked: asked, answered: next()))
            } else {
                let usage = ChatUsage(inputTokens: 100, outputTokens: generator.integer(below: 20))
                let settle = Ledger.Settle(call.id, usage: usage, end: .complete)
                let receipt = try await hub.office.ask(settle, of: account)
                let answer = LedgerOperation.Answer.charged(receipt.charge.total, available: receipt.available)
                seen.append(LedgerOperation(.settle(call.id, usage), answer, asked: asked, answered: next()))
            }
        }
        return seen
    }

    /// The one order of changes.
    private static func steps(_ store: LogStore, _ account: String) async throws -> [LedgerStep] {
        let address = try ActorAddress(Ledger.kind, account)
        var steps: [LedgerStep] = []
        var head = Head.none
        while true {
            let entries = try await store.entries(of: address, after: head)
            guard let last = entries.last?.head else { return steps }
            for bytes in entries.flatMap(\.entry.events) {
                switch try Ledger.Event(wireBytes: bytes) {
                case .reserved(let hold): steps.append(.reserve(hold.call.id))
                case .settled(let settlement): steps.append(.settle(settlement.posting.id))
                case .voided(let id, _): steps.append(.void(id))
                case .planned, .entered: break
                case let other: throw Lost(words: "the journal has \(other)")
                }
            }
            head = last
        }
    }

    private static let dollars: Int64 = 1_000
}
