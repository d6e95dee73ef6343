import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import Testing

@Suite struct `The judge of an account's order` {
    @Test func `finds nothing in what an account said one by one`() throws {
        let story = try Story.told()
        var judge = story.judge
        try judge.check(story.operations, journal: story.journal)
    }

    @Test func `finds nothing where questions and changes overlap`() throws {
        var story = try Story.told()
        // All at the same time: each answer has some place, and the journal says in which order changes were made.
        story.operations = story.operations.map {
            LedgerOperation($0.ask, $0.answer, asked: $0.asked - 100, answered: $0.answered + 100)
        }
        var judge = story.judge
        try judge.check(story.operations, journal: story.journal)
    }

    @Test(arguments: Lie.allCases)
    func `finds every lie`(_ lie: Lie) throws {
        var story = try Story.told()
        story.doctor(lie)
        var judge = story.judge
        #expect(throws: LedgerLinearizer.Fault.self) { try judge.check(story.operations, journal: story.journal) }
    }
}

enum Lie: CaseIterable {
    case staleBalance, earlyBalance, wrongRest, wrongCharge, refusedInVain, changesSwapped, changeTwice, changeLost
    case changeUnheard, nobodyAsked, pastTheCeiling
}

/// Six calls of an account with a ceiling of $1, one after another, as its callers and its journal tell of them.
struct Story {
    var operations: [LedgerOperation] = []
    var journal: [LedgerStep] = []
    var judge: LedgerLinearizer {
        var account = OracleAccount()
        account.terms = OracleTerms(local: 1_000, cloud: 1_030, knowledge: 1_300, ceiling: 1_000_000_000)
        return LedgerLinearizer(from: account)
    }

    static func told() throws -> Story {
        var story = Story()
        var ground = LedgerGround()
        let terms = Sample.terms(ceiling: 1_000)
        try ground.open(.managed, terms: terms)
        let (first, second) = (Sample.call(1, 600), Sample.call(2, 600))
        let hold = try ground.perform(Ledger.Reserve(first, terms: terms))
        story.note(.reserve(first), .held(hold.amount, available: hold.available), .reserve(first.id))
        try story.show(ground)
        do throws(LedgerRefusal) {
            var turn = Turn<Ledger>(clock: VirtualClock(wallTime: ground.now))
            _ = try Ledger.Reserve(second, terms: terms).decide(ground.value, &turn)
        } catch {
            guard case .ceilingExceeded(let needed, let available) = error else { throw error }
            story.note(.reserve(second), .refused(needed, available: available))
        }
        let charged = try ground.perform(Ledger.Settle(first.id, usage: ChatUsage(outputTokens: 100), end: .complete))
        story.note(
            .settle(first.id, ChatUsage(outputTokens: 100)),
            .charged(charged.charge.total, available: charged.available),
            .settle(first.id)
        )
        try story.show(ground)
        let again = try ground.perform(Ledger.Reserve(second, terms: terms))
        story.note(.reserve(second), .held(again.amount, available: again.available), .reserve(second.id))
        _ = try ground.perform(Ledger.VoidHold(second.id))
        story.note(.void(second.id), .voided, .void(second.id))
        try story.show(ground)
        return story
    }

    private mutating func show(_ ground: LedgerGround) throws {
        var turn = Turn<Ledger>(clock: VirtualClock(wallTime: ground.now))
        let balance = Ledger.ShowBalance().decide(ground.value, &turn)
        note(.balance, .balance(available: balance.available, held: balance.held))
    }

    private mutating func note(
        _ ask: LedgerOperation.Ask,
        _ answer: LedgerOperation.Answer,
        _ step: LedgerStep? = nil
    ) {
        let tick = operations.count * 10
        operations.append(LedgerOperation(ask, answer, asked: tick, answered: tick + 5))
        if let step { journal.append(step) }
    }

    mutating func doctor(_ lie: Lie) {
        switch lie {
        case .staleBalance: answer(4, .balance(available: Sample.money(400), held: Sample.money(600)))
        case .earlyBalance: answer(1, .balance(available: Sample.money(900), held: .zero))
        case .wrongRest: answer(0, .held(Sample.money(600), available: Sample.money(401)))
        case .wrongCharge: answer(3, .charged(Sample.money(99), available: Sample.money(900)))
        case .refusedInVain: answer(2, .refused(Sample.money(600), available: Sample.money(900)))
        case .changesSwapped: journal.swapAt(0, 2)
        case .changeTwice: journal.append(journal[0])
        case .changeLost: journal.removeLast()
        case .changeUnheard: operations.remove(at: 6)
        case .nobodyAsked: journal.append(.reserve(Sample.id(9)))
        case .pastTheCeiling:
            let third = Sample.call(3, 950)
            note(.reserve(third), .held(Sample.money(950), available: Sample.money(-50)), .reserve(third.id))
        }
    }

    private mutating func answer(_ place: Int, _ answer: LedgerOperation.Answer) {
        let former = operations[place]
        operations[place] = LedgerOperation(former.ask, answer, asked: former.asked, answered: former.answered)
    }
}
