import MeshAccounts
import MeshActors
import MeshCore
import MeshIO
import MeshLedger
import MeshStore
import MeshStripe
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Holding accounts against Stripe` {
    private static func with(
        _ meter: ScriptedMeter,
        _ body: (BillingGround, StripeReconciliation) async throws -> Void
    ) async throws {
        try await BillingGround.with { asked, _ in
            meter.reply(to: asked) ?? .answer(404, "{}")
        } _: { ground in
            try await body(ground, StripeReconciliation(client: ground.stripe.client, meterID: ScriptedMeter.id))
        }
    }

    private static func statement(
        _ account: String,
        flushed: Int128 = 100,
        waiting: Int128 = 0,
        customer: String? = "cus_1"
    ) -> LedgerStatement {
        LedgerStatement(
            account: account,
            customer: customer,
            period: BillingPeriod("2026-11") ?? BillingPeriod(month: 0),
            flushed: flushed,
            waiting: waiting,
            refused: 0
        )
    }

    /// Uses something, and returns once Stripe was told of it: the month that this was in.
    private static func use(_ ground: BillingGround, _ number: UInt64, _ thousandths: Int, _ meter: ScriptedMeter)
        async throws -> BillingPeriod
    {
        // From five dollars on Stripe is told at once; the double has an event when it has answered to it.
        try await ground.use(number, thousandths)
        await meter.events.wait { $0.count >= number }
        // Then the account hears of it.
        while try await ground.balance().outbox > 0 { await Task.yield() }
        return BillingPeriod(of: ground.stripe.clock.wallTime)
    }

    @Test func `says that both agree, in each of several months apart`() async throws {
        let meter = ScriptedMeter()
        try await Self.with(meter) { ground, reconciliation in
            let first = try await Self.use(ground, 1, 6_000, meter)
            ground.stripe.clock.turn(by: .seconds(40 * 86_400))
            let second = try await Self.use(ground, 2, 7_000, meter)
            #expect(first < second)
            for (month, expected) in [(first, Int128(6_180_000)), (second, 7_210_000), (second.next, 0)] {
                let found = try await reconciliation.look(at: BillingGround.acme, of: ground.office, in: month)
                #expect(found.statement.flushed == expected && found.told == expected)
                #expect(found.agrees && found.difference == 0 && found.statement.period == month)
                #expect(found.statement.customer == "cus_acme")
            }
        }
    }

    @Test func `says by how much Stripe lacks something or has too much, of that month alone`() async throws {
        let meter = ScriptedMeter()
        try await Self.with(meter) { ground, reconciliation in
            let first = try await Self.use(ground, 1, 6_000, meter)
            ground.stripe.clock.turn(by: .seconds(40 * 86_400))
            let second = try await Self.use(ground, 2, 7_000, meter)
            meter.events.change { events in
                events.removeLast()
                events.append(events[0])
            }
            let more = try await reconciliation.look(at: BillingGround.acme, of: ground.office, in: first)
            #expect(!more.agrees && more.difference == -6_180_000)
            let less = try await reconciliation.look(at: BillingGround.acme, of: ground.office, in: second)
            #expect(!less.agrees && less.difference == 7_210_000)
        }
    }

    @Test func `asks nothing of Stripe for who has no customer`() async throws {
        try await Self.with(ScriptedMeter()) { ground, reconciliation in
            let month = BillingPeriod(of: ground.stripe.clock.wallTime)
            let found = try await reconciliation.look(at: "nobody", of: ground.office, in: month)
            #expect(found.agrees && found.statement.customer == nil && found.statement.flushed == 0)
            let lost = try await reconciliation.look(at: Self.statement("lost", customer: nil))
            #expect(!lost.agrees && lost.difference == 100)
            #expect(ground.stripe.site.all.isEmpty)
        }
    }

    @Test(arguments: [(Int128(0), true), (40, true), (41, false), (-1, false)])
    func `lets Stripe lack what is on its way, and no more`(_ lack: Int128, _ agrees: Bool) async throws {
        let meter = ScriptedMeter()
        let start = try #require(BillingPeriod("2026-11")).start.millisecondsSince1970 / 1_000
        let value = Int64(100 - lack)
        meter.events.change { $0 = [ScriptedMeter.Event(customer: "cus_1", value: value, second: start)] }
        try await Self.with(meter) { _, reconciliation in
            let found = try await reconciliation.look(at: Self.statement("acme", waiting: 40))
            #expect(found.agrees == agrees && found.difference == lack)
        }
    }

    @Test func `asks for the others where one cannot be asked, unless nothing would answer`() async throws {
        let statements = ["a", "b", "c"].map { Self.statement($0, flushed: 0, customer: "cus_\($0)") }
        for (status, asked, unasked): (UInt16, Int, Int) in [(404, 3, 1), (401, 2, 2)] {
            try await BillingGround.with { asked, _ in
                asked.path.contains("customer=cus_b")
                    ? .answer(status, "{}") : .answer(200, ##"{"data":[],"has_more":false}"##)
            } _: { ground in
                let reconciliation = StripeReconciliation(client: ground.stripe.client, meterID: ScriptedMeter.id)
                let answers = await reconciliation.look(at: statements)
                #expect(ground.stripe.site.all.count == asked)
                let failed = answers.compactMap { answer -> String? in
                    if case .unasked(let statement, _) = answer { statement.account } else { nil }
                }
                #expect(failed == (unasked == 1 ? ["b"] : ["b", "c"]))
                #expect(answers.count == 3)
            }
        }
        try await BillingGround.with { _, _ in
            .cut
        } _: { ground in
            let reconciliation = StripeReconciliation(client: ground.stripe.client, meterID: ScriptedMeter.id)
            let answers = await reconciliation.look(at: statements)
            #expect(ground.stripe.site.all.count == Limits.Stripe.maximumAttempts)
            for answer in answers {
                guard case .unasked(_, let error) = answer else {
                    Issue.record("Stripe has answered")
                    continue
                }
                #expect(error.code == .unreachable)
            }
        }
    }

    @Test func `reads what the accounts of a stopped hub say, month by month`() async throws {
        let accounts = try StoredAccounts()
        let month = BillingPeriod(of: accounts.clock.wallTime)
        try await accounts.live { _, _ in
            for account in ["beta", "acme"] {
                try await accounts.use(account, 0..<16)
                _ = try await accounts.office.ask(Ledger.Flush(), of: account)
            }
            _ = try await accounts.office.ask(Ledger.KeepCustomer("cus_7"), of: "acme")
            _ = try await accounts.office.ask(Ledger.ShowBalance(), of: "asked-alone")
        }
        let disk = try POSIXDisk(path: accounts.logPath)
        defer { disk.close() }
        let store = try StoppedStore(disk, of: Ledger.kind)
        let all = try LedgerStatements(in: store, of: month).all().statements
        // 16 times a tenth of a cent, and the fee.
        #expect(all.map(\.account) == ["acme", "beta"])
        #expect(all.map(\.flushed) == [16_480, 16_480])
        #expect(all.map(\.customer) == ["cus_7", nil])
        #expect(all.allSatisfy { $0.refused == 0 && $0.waiting <= $0.flushed && $0.period == month })
        let one = try LedgerStatements(in: store, of: month).one(of: "beta")
        #expect(one == all.last)
        let nobody = try LedgerStatements(in: store, of: month).one(of: "nobody")
        #expect(nobody == nil)
        let other = try LedgerStatements(in: store, of: month.next).all()
        #expect(other.statements.map(\.flushed) == [0, 0] && other.unread.isEmpty)
    }
}
