import MeshAccounts
import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A call before its account` {
    @Test func `is refused where the credit does not suffice, with all that a client is told`() throws {
        try AdmissionGround.run { ground in
            let error = try await ground.refusal(of: try ground.ask(1, 60_000))
            try check(error.code == .paymentRequired && error.failure?.retryAfter == nil, "\(error)")
            let credit = CreditRefusal(
                .ceiling,
                needed: Sample.money(61_800),
                available: Sample.money(50_000),
                topUpURL: AdmissionGround.topUpURL
            )
            try check(error.failure?.credit == credit && error.failure?.mayBeHeld == false, "\(error)")
            let told = credit.members.map { "\($0.key)=\($0.value ?? "-")" }.joined(separator: " ")
            let amounts = "needed=$61.80 available=$50.00"
            let words = "action=suspend_cloud_access \(amounts) topup_url=https://pay.example/acme"
            try check(told == words, told)
            try check(try await ground.balance().holds == 0, "held")
        }
    }

    @Test func `is refused in words of their own by an account that is stopped, and a free model goes on`() throws {
        try AdmissionGround.run(seeds: 0...1) { ground in
            _ = try await ground.office.ask(Ledger.Suspend(.operatorStop), of: "acme")
            let error = try await ground.refusal(of: try ground.ask(1, 1))
            try check(error.failure?.credit?.reason == .suspended, "\(error)")
            var free = try ground.ask(2, 1, ["own"])
            (free.price, free.worstCost) = (ModelPrice(version: "own@1", base: .free), .zero)
            let hold = try await ground.admission.reserve(free)
            let charge = try await ground.admission.settle(hold, as: ground.outcome(5))
            try check(charge == .nothing, "\(charge as Any)")
        }
    }

    @Test func `takes two appends, and none where it is told again`() throws {
        try AdmissionGround.run { ground in
            let ask = try ground.ask(1, 100)
            let hold = try await ground.admission.reserve(ask)
            try check(ground.journal.appendCount == 1, "\(ground.journal.appendCount) appends to reserve")
            var later = ask
            later.deadline = ground.world.clock.now + .seconds(500)
            try check(try await ground.admission.reserve(later) == hold, "another hold")
            let charge = try await ground.admission.settle(hold, as: ground.outcome(40))
            try check(ground.journal.appendCount == 2, "\(ground.journal.appendCount) appends in all")
            let expected = CallCharge(
                upstream: Sample.money(40),
                total: Money(nanodollars: 41_200_000),
                metered: Money(nanodollars: 41_200_000)
            )
            try check(charge == expected, "\(charge as Any)")
            try check(try await ground.admission.settle(hold, as: ground.outcome(40)) == expected, "another charge")
            try await ground.admission.void(hold)
            try check(ground.journal.appendCount == 2, "\(ground.journal.appendCount) appends in the end")
            let error = try await ground.refusal(of: ask)
            try check(error.code == .conflict, "\(error)")
        }
    }

    @Test func `is charged by another life of the hub, in time or late, and never twice`() throws {
        try AdmissionGround.run(
            { ground in
                for number in 1...3 as ClosedRange<UInt64> {
                    _ = try await ground.admission.reserve(try ground.ask(number, 100))
                }
            },
            { ground in
                let ask = try ground.ask(1, 100)
                let hold = AdmissionHold(id: ask.id, tenant: ask.tenant, price: ask.price)
                try check(try await ground.balance().held == Sample.money(309), "held")
                let charge = try await ground.admission.settle(hold, as: ground.outcome(100))
                try check(charge?.total == Sample.money(103), "in time: \(charge as Any)")
                // A deadline of four minutes, and time to settle.
                try await ground.world.clock.sleep(for: .seconds(239) + Limits.Accounts.settlingTime)
                try check(try await ground.balance().holds == 2, "given up too soon")
                try await ground.world.clock.sleep(for: .seconds(2))
                let balance = try await ground.balance()
                try check(balance.holds == 0 && balance.available == Sample.money(49_897), "\(balance)")
                let late = AdmissionHold(id: Sample.id(2), tenant: ask.tenant, price: ask.price)
                let second = try await ground.admission.settle(late, as: ground.outcome(10, .clientLeft))
                try check(second?.upstream == Sample.money(10), "late: \(second as Any)")
            },
            { ground in
                let late = AdmissionHold(id: Sample.id(2), tenant: try TenantID("acme"), price: Sample.round)
                let again = try await ground.admission.settle(late, as: ground.outcome(10, .clientLeft))
                try check(again?.upstream == Sample.money(10), "again: \(again as Any)")
                let balance = try await ground.balance()
                try check(balance.owed == Money(nanodollars: 113_300_000) && balance.held == .zero, "\(balance)")
            }
        )
    }

    @Test func `is made once where nobody knows whether it was set aside, and not where nothing happened`() throws {
        try AdmissionGround.run { ground in
            ground.journal.failNextAppend(.loseConfirmation)
            let hold = try await ground.admission.reserve(try ground.ask(1, 100))
            let balance = try await ground.balance()
            try check(balance.holds == 1 && balance.held == Sample.money(103), "\(balance)")
            ground.journal.failNextAppend(.loseConfirmation)
            let charge = try await ground.admission.settle(hold, as: ground.outcome(50))
            try check(charge?.upstream == Sample.money(50), "\(charge as Any)")
            try check(try await ground.balance().owed == Money(nanodollars: 51_500_000), "charged twice")
            ground.journal.failNextAppend(.refuse(.readOnly))
            let error = try await ground.refusal(of: try ground.ask(2, 100))
            let wait = error.failure?.retryAfter
            try check(error.code == .unavailable && wait == Limits.Accounts.retryAfter, "\(error)")
            try check(error.failure?.mayBeHeld == false, "held after nothing happened")
        }
    }

    @Test func `is given up after some tries of which nobody knows the outcome, and can be voided then`() throws {
        try AdmissionGround.run(seeds: 0...3) { ground in
            for number in 1...Limits.Accounts.maximumTries {
                ground.journal.fail(append: number, .refuse(.unknownOutcome))
            }
            let ask = try ground.ask(1, 100)
            let error = try await ground.refusal(of: ask)
            try check(error.code == .unavailable && error.failure?.mayBeHeld == true, "\(error)")
            try check(ground.journal.appendCount == Limits.Accounts.maximumTries, "\(ground.journal.appendCount) tries")
            try await ground.admission.void(AdmissionHold(id: ask.id, tenant: ask.tenant, price: ask.price))
            try check(try await ground.balance().held == .zero, "held")
        }
    }

    @Test func `without a deadline is set aside for a while`() throws {
        try AdmissionGround.run(seeds: 0...1) { ground in
            var ask = try ground.ask(1, 100)
            ask.deadline = nil
            _ = try await ground.admission.reserve(ask)
            try await ground.world.clock.sleep(for: Limits.Accounts.usualHold - .seconds(1))
            try check(try await ground.balance().holds == 1, "given up too soon")
            try await ground.world.clock.sleep(for: .seconds(2))
            try check(try await ground.balance().holds == 0, "held for ever")
        }
    }

    @Test func `is charged by whoever answered in place of whoever was asked`() throws {
        try AdmissionGround.run(seeds: 0...1) { ground in
            let hold = try await ground.admission.reserve(try ground.ask(1, 100, ["cloud", "own"]))
            var outcome = ground.outcome(100)
            outcome.substitute = .init(model: "other", price: Sample.round, engine: "own")
            let local = try await ground.admission.settle(hold, as: outcome)
            try check(local?.total == Sample.money(100) && local?.fee == .zero, "\(local as Any)")
            // What is set aside for a model of ours suffices for a provider's.
            let second = try await ground.admission.reserve(try ground.ask(2, 100, ["own", "cloud"]))
            try check(try await ground.balance().held == Sample.money(103), "held")
            outcome.substitute = .init(model: "other", price: Sample.round, engine: "cloud")
            let cloud = try await ground.admission.settle(second, as: outcome)
            try check(cloud?.total == Sample.money(103), "\(cloud as Any)")
        }
    }

    @Test func `finds a new account in the tier that the hub says`() throws {
        for (tier, isAdmitted) in [(LedgerTier.free, false), (.managed, true), (.byok, true)] {
            try AdmissionGround.run(seeds: 0...0, newAccounts: tier) { ground in
                let isIn = (try? await ground.admission.reserve(try ground.ask(1, 100))) != nil
                try check(isIn == isAdmitted, "\(tier)")
                _ = try await ground.office.ask(Ledger.SetTier(.byok, terms: ground.office.terms), of: "acme")
                _ = try await ground.admission.reserve(try ground.ask(2, 100))
                try check(try await ground.balance().tier == .byok, "\(tier) overrules an operator")
            }
        }
    }

    @Test func `never passes the ceiling, though 64 clients race for the last dollar`() throws {
        try AdmissionGround.run(seeds: 0...3) { ground in
            let charged = Lock(Money.zero)
            let refused = Lock(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<64 as Range<UInt64> {
                    group.addTask {
                        var chance = SeededGenerator(seed: ground.world.generator.seeded(client))
                        for round in 0..<4 as Range<UInt64> {
                            let ask = try ground.ask(client * 100 + round, 1_000)
                            let hold: AdmissionHold
                            do throws(ChatError) { hold = try await ground.admission.reserve(ask) } catch {
                                try check(error.failure?.credit?.reason == .ceiling, "\(error)")
                                refused.withLock { $0 += 1 }
                                continue
                            }
                            try await Self.checkExact(ground)
                            try await ground.world.clock.sleep(for: .milliseconds(chance.integer(in: 0...20)))
                            let used = chance.integer(in: 0...1_000)
                            if used < 100 {
                                try await ground.admission.void(hold)
                            } else {
                                let charge = try await ground.admission.settle(hold, as: ground.outcome(used))
                                charged.withLock { $0 = $0 + (charge?.total ?? .zero) }
                            }
                            try await Self.checkExact(ground)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let balance = try await ground.balance()
            try check(balance.owed == charged.withLock { $0 } && balance.held == .zero, "\(balance)")
            try check(refused.withLock { $0 } > 0, "nobody was refused")
        }
    }

    /// What is available is what the ceiling leaves, and nothing is owed or held beyond it.
    private static func checkExact(_ ground: AdmissionGround) async throws {
        let balance = try await ground.balance()
        try check(balance.available == balance.ceiling - balance.owed - balance.held, "\(balance)")
        try check(balance.available >= .zero, "beyond the ceiling: \(balance)")
    }
}

extension SeededGenerator {
    /// A seed of a client's own.
    fileprivate func seeded(_ number: UInt64) -> UInt64 {
        var copy = self
        return copy.next() ^ number
    }
}
