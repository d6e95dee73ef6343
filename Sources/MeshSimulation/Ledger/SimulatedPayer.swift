internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshLedger
internal import MeshTestKit

/// Somebody who makes calls: has money set aside, says what was used, and says it again when in doubt.
struct SimulatedPayer: Sendable {
    let number: Int
    let plan: LedgerPlan
    let office: SimulatedOffice
    let history: LedgerHistory
    let figures: Lock<LedgerFigures>
    let counts: Lock<[LedgerWorldFault: Int]>

    /// Makes all calls of the plan.
    func work(_ generator: SeededGenerator) async {
        var generator = generator
        for request in 1...plan.requestCount {
            let longest = Int(plan.longestThought / .milliseconds(1))
            await rest(.milliseconds(generator.integer(in: 1...longest)))
            guard !Task.isCancelled, let account = generator.pick(from: plan.accounts) else { return }
            let id = UniqueID(high: UInt64(number), low: UInt64(request))
            if generator.chance(1, in: 20) {
                await record(id, account, &generator)
            } else {
                await call(id, account, &generator)
            }
        }
    }

    // MARK: One call

    private func call(_ id: UniqueID, _ account: String, _ generator: inout SeededGenerator) async {
        let call = draw(id, &generator)
        let life = Duration.seconds(generator.pick(from: [1, 10, 900]) ?? 900)
        figures.withLock { $0.requests += 1 }
        history.asks(account, "for call \(id.high).\(id.low)") {
            $0.calls[id, default: []].append(call)
            $0.lives[id] = life
        }
        var isHeld = false
        for _ in 0..<Limits.LedgerWorld.reserveTries {
            switch await reserve(call, account, life) {
            case .done: isHeld = true
            case .refused:
                figures.withLock { $0.refused += 1 }
                return
            case .open:
                await rest(.milliseconds(generator.integer(in: 1...1_500)))
                continue
            }
            break
        }
        if isHeld, happens(.conflicts, 1, in: 4, &generator) { await reserveOther(call, account, life) }
        if isHeld, happens(.repeats, 1, in: 4, &generator) {
            figures.withLock { $0.repeats += 1 }
            _ = await reserve(call, account, life)
        }
        if happens(.lateWords, 1, in: 3, &generator) { await rest(.milliseconds(generator.integer(in: 500...20_000))) }
        if happens(.abandoned, 1, in: 6, &generator) { return }
        // Who does not know whether something is set aside has nothing to charge.
        if !isHeld || generator.chance(1, in: 8) { return await void(id, account, &generator) }
        await settle(call, account, &generator)
    }

    private func reserve(_ call: LedgerCall, _ account: String, _ life: Duration) async -> LedgerAnswer<HoldReceipt> {
        guard let terms = office.terms else { return .open }
        let moment = history.now(account)
        let answer = await office.ask(Ledger.Reserve(call, terms: terms, life: life), of: account)
        history.answered(account, "the reservation of \(call.id.high).\(call.id.low)") {
            $0.check(answer, to: call, by: terms.version, since: moment)
        }
        return answer
    }

    /// The same id, other content: a conflict, or the call has been voided and is free again.
    private func reserveOther(_ call: LedgerCall, _ account: String, _ life: Duration) async {
        let other = LedgerCall(
            id: call.id,
            model: "another",
            kind: call.kind,
            price: call.price,
            worst: ChatUsage(outputTokens: 1)
        )
        guard let terms = office.terms else { return }
        let answer = await office.ask(Ledger.Reserve(other, terms: terms, life: life), of: account)
        history.answered(account, "another reservation of \(call.id.high).\(call.id.low)") { _ in
            if case .done = answer { return "one id is held for two calls" }
            return nil
        }
        if case .refused(.conflict) = answer { figures.withLock { $0.conflicts += 1 } }
    }

    private func settle(_ call: LedgerCall, _ account: String, _ generator: inout SeededGenerator) async {
        let used = outcome(of: call, &generator)
        history.asks(account, "to charge call \(call.id.high).\(call.id.low)") {
            $0.outcomes[call.id, default: []].append(used)
        }
        if happens(.repeats, 1, in: 4, &generator) {
            figures.withLock { $0.repeats += 1 }
            await withDiscardingTaskGroup { group in
                for _ in 0..<2 { group.addTask { _ = await settleOnce(call, used, account) } }
            }
        }
        let isCharged = await insist(account, "the charge of \(call.id.high).\(call.id.low)", &generator) {
            await settleOnce(call, used, account)
        }
        guard isCharged else { return }
        if happens(.repeats, 1, in: 4, &generator) {
            figures.withLock { $0.repeats += 1 }
            await rest(.milliseconds(generator.integer(in: 1...5_000)))
            _ = await settleOnce(call, used, account)
        }
        if happens(.conflicts, 1, in: 4, &generator) {
            figures.withLock { $0.conflicts += 1 }
            let other = SettledUsage(usage: ChatUsage(inputTokens: 1_000_003), end: used.end)
            _ = await settleOnce(call, other, account)
            let answer = await office.ask(Ledger.VoidHold(call.id), of: account)
            history.answered(account, "the voiding of what was charged") { $0.checkVoid(answer, of: call.id) }
        }
        if happens(.entries, 1, in: 6, &generator) { await refund(call, account, &generator) }
    }

    private func settleOnce(
        _ call: LedgerCall,
        _ used: SettledUsage,
        _ account: String
    ) async -> LedgerAnswer<ChargeReceipt> {
        let command = Ledger.Settle(call.id, usage: used.usage, end: used.end, substitute: used.substitute)
        let answer = await office.ask(command, of: account)
        history.answered(account, "the charge of \(call.id.high).\(call.id.low)") {
            $0.check(answer, to: used, of: call.id)
        }
        return answer
    }

    private func void(_ id: UniqueID, _ account: String, _ generator: inout SeededGenerator) async {
        _ = await insist(account, "the voiding of \(id.high).\(id.low)", &generator) { () -> LedgerAnswer<Done> in
            let answer = await office.ask(Ledger.VoidHold(id), of: account)
            history.answered(account, "the voiding of \(id.high).\(id.low)") { $0.checkVoid(answer, of: id) }
            return answer
        }
    }

    private func refund(_ call: LedgerCall, _ account: String, _ generator: inout SeededGenerator) async {
        let id = UniqueID(high: 1_000 + call.id.high, low: call.id.low)
        let amount = generator.chance(1, in: 2) ? nil : Money(nanodollars: Int64(generator.integer(in: 1...50_000)))
        history.asks(account, "to give something of \(call.id.high).\(call.id.low) back") {
            $0.entries[id, default: []].append(.refund(call.id))
        }
        figures.withLock { $0.entries += 1 }
        _ = await insist(account, "the refund of \(call.id.high)", &generator) { () -> LedgerAnswer<EntryReceipt> in
            let answer = await office.ask(Ledger.Refund(id, of: call.id, amount), of: account)
            history.answered(account, "the refund of \(call.id.high).\(call.id.low)") { $0.check(answer, toEntry: id) }
            return answer
        }
    }

    /// Something is charged after the fact.
    private func record(_ id: UniqueID, _ account: String, _ generator: inout SeededGenerator) async {
        let call = LedgerCall(
            id: id,
            model: "recorded",
            kind: .cloud,
            price: PlannedPrice.draw(&generator),
            worst: PlannedPrice.usage(&generator)
        )
        let used = SettledUsage(usage: call.worst, end: .recorded)
        figures.withLock { $0.requests += 1 }
        history.asks(account, "to charge call \(id.high).\(id.low) after the fact") { judge in
            judge.calls[id, default: []].append(call)
            judge.outcomes[id, default: []].append(used)
        }
        _ = await insist(account, "the record of \(id.high)", &generator) { () -> LedgerAnswer<ChargeReceipt> in
            guard let terms = office.terms else { return .open }
            let answer = await office.ask(Ledger.Record(call, terms: terms), of: account)
            history.answered(account, "the record of \(id.high).\(id.low)") { $0.check(answer, to: used, of: id) }
            return answer
        }
    }

    // MARK: Ways of asking

    /// Asks until there is an answer; false where it is no.
    private func insist<Reply>(
        _ account: String,
        _ what: String,
        _ generator: inout SeededGenerator,
        _ ask: () async -> LedgerAnswer<Reply>
    ) async -> Bool {
        for _ in 0..<Limits.LedgerWorld.insistentTries {
            switch await ask() {
            case .done: return true
            case .refused: return false
            case .open: await rest(.milliseconds(generator.integer(in: 1...1_500)))
            }
            guard !Task.isCancelled else { return false }
        }
        history.fail("liveness", "\(account) never answers \(what)")
        return false
    }

    private func rest(_ duration: Duration) async { try? await office.clock.sleep(for: duration) }

    private func happens(
        _ fault: LedgerWorldFault,
        _ share: Int,
        in whole: Int,
        _ generator: inout SeededGenerator
    ) -> Bool {
        guard plan.faults.contains(fault), generator.chance(share, in: whole) else { return false }
        counts.withLock { $0[fault, default: 0] += 1 }
        return true
    }

    // MARK: What is asked for

    private func draw(_ id: UniqueID, _ generator: inout SeededGenerator) -> LedgerCall {
        let isGuest = happens(.guests, 1, in: 3, &generator)
        let dearest = generator.chance(1, in: 6) ? generator.integer(in: 1...90_000_000) : 0
        return LedgerCall(
            id: id,
            model: "model-\(generator.integer(below: 3))",
            kind: generator.pick(from: UseKind.allCases) ?? .cloud,
            price: PlannedPrice.draw(&generator),
            worst: PlannedPrice.usage(&generator),
            dearestCost: Money(nanodollars: Int64(dearest)),
            otherKind: generator.pick(from: UseKind.allCases),
            place: CallPlace(project: "p-\(generator.integer(below: 5))", session: "s-\(id.high)"),
            guest: isGuest ? GuestPass(invite: "party", quota: Money(nanodollars: 400_000_000)) : nil
        )
    }

    private func outcome(of call: LedgerCall, _ generator: inout SeededGenerator) -> SettledUsage {
        var usage = call.worst
        if happens(.overdrafts, 1, in: 4, &generator) {
            usage.outputTokens += generator.integer(in: 1...200_000)
        } else if generator.chance(2, in: 3) {
            usage.outputTokens = generator.integer(in: 0...usage.outputTokens)
            usage.reasoningTokens = 0
        }
        var substitute: Substitute?
        if happens(.substitutes, 1, in: 4, &generator) {
            let kind = generator.pick(from: UseKind.allCases) ?? .cloud
            substitute = Substitute(model: "other", kind: kind, price: PlannedPrice.draw(&generator))
        }
        let end = generator.pick(from: [CallEnd.complete, .clientLeft, .brokenOff]) ?? .complete
        return SettledUsage(usage: usage, end: end, substitute: substitute)
    }
}

/// Prices that round to a half as often as can be, and what is used of them.
enum PlannedPrice {
    static func draw(_ generator: inout SeededGenerator) -> ModelPrice {
        generator.pick(from: all) ?? all[0]
    }

    static func usage(_ generator: inout SeededGenerator) -> ChatUsage {
        ChatUsage(
            inputTokens: generator.integer(below: 3_000),
            cacheReadTokens: generator.chance(1, in: 3) ? generator.integer(below: 3_000) : 0,
            cacheWriteTokens: generator.chance(1, in: 5) ? generator.integer(below: 300) : 0,
            longCacheWriteTokens: generator.chance(1, in: 9) ? generator.integer(below: 300) : 0,
            outputTokens: generator.integer(below: 4_000)
        )
    }

    private static let sonnet = ModelPrice.Rates(
        input: 3_000_000_000,
        output: 15_000_000_000,
        cacheRead: 300_000_000,
        cacheWrite: 3_750_000_000,
        longCacheWrite: 6_000_000_000
    )

    private static let odd = ModelPrice.Rates(
        input: 123_456_789,
        output: 999_999_999,
        cacheRead: 5_000_001,
        cacheWrite: 500_000,
        longCacheWrite: 1
    )

    private static let half = ModelPrice.Rates(
        input: 500_000,
        output: 1_500_000,
        cacheRead: 0,
        cacheWrite: 0,
        longCacheWrite: 0
    )

    private static let all = [
        ModelPrice(version: "sonnet@1", base: sonnet),
        ModelPrice(version: "half@1", base: half),
        ModelPrice(version: "odd@1", base: odd, long: .init(aboveTokens: 2_000, rates: sonnet)),
        ModelPrice(version: "own@1", base: .free),
    ]
}
