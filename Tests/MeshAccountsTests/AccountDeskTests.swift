import MeshAccounts
import MeshActors
import MeshChat
import MeshCore
import MeshGateway
import MeshLedger
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The desk of the accounts` {
    /// Where people pay, as a test double: the account `nobody` cannot.
    private struct ScriptedCheckout: CheckoutPort {
        func checkout(_ account: String, _ amount: Money) async throws -> String {
            guard account != "nobody" else { throw Complaint(what: "no") }
            return "https://pay.example/\(account)/\(amount.decimalText)"
        }
    }

    private static func desk(
        _ ground: AccountsGround,
        checkout: (any CheckoutPort)? = nil,
        page: String? = nil
    ) throws -> AccountDesk {
        let table = try ModelTable.shipped.get()
        return AccountDesk(
            ground.office,
            prices: { table[$0]?.price(at: $1) },
            checkout: checkout,
            topUpPage: page,
            clock: ground.world.clock
        )
    }

    /// 1,000 tokens in and 500 out, of a model at $3 and $15 for a million.
    private static func example(_ id: UInt64 = 1, output: Int = 500) -> RecordedUse {
        RecordedUse(
            id: Sample.id(id),
            model: "claude-sonnet-4-6",
            kind: .cloud,
            usage: ChatUsage(inputTokens: 1_000, outputTokens: output)
        )
    }

    @Test func `charges what was used elsewhere by the price of its day, to the digit, once`() throws {
        try AccountsGround.run { ground in
            let (desk, acme) = (try Self.desk(ground), try TenantID("acme"))
            try await desk.set(.managed, of: acme)
            let charged = try await desk.record(Self.example(), to: acme)
            try check(charged.receipt.charge.total.decimalText == "0.010815", "\(charged)")
            try check(charged.receipt.charge.total.costText == "$0.011", "\(charged)")
            try check(charged.priceVersion.hasPrefix("claude-sonnet-4-6@"), "\(charged)")
            let again = try await desk.record(Self.example(), to: acme)
            try check(again == charged, "\(again)")
            do throws(LedgerProblem) {
                _ = try await desk.record(Self.example(output: 501), to: acme)
                throw LedgerProblem.lost
            } catch {
                try check(error == .refused(.conflict), "\(error)")
            }
            let usage = try await desk.usage(acme, in: desk.period)
            try check(usage?.total.charged == 10_815_000 && usage?.total.calls == 1, "\(String(describing: usage))")
            try check(usage?[.kind].keys.sorted() == ["cloud"], "kinds")
            let faults = try await desk.verify(acme)
            try check(faults.isEmpty, "\(faults)")
        }
    }

    @Test func `has no price for what nobody knows, and none for a day that has not come`() throws {
        try AccountsGround.run(seeds: 0...1) { ground in
            let (desk, acme) = (try Self.desk(ground), try TenantID("acme"))
            var unknown = Self.example()
            unknown.model = "nothing"
            var later = Self.example()
            later.day = WallTime(millisecondsSince1970: ground.world.clock.wallTime.millisecondsSince1970 + 1)
            var early = Self.example()
            early.day = WallTime(millisecondsSince1970: 0)
            for use in [unknown, later, early] {
                do throws(LedgerProblem) {
                    _ = try await desk.record(use, to: acme)
                    throw LedgerProblem.lost
                } catch {
                    try check(error == .noPrice, "\(error)")
                }
            }
            let balance = try await desk.balance(acme)
            try check(balance.postings == 0, "\(balance)")
        }
    }

    @Test func `shows a new account as it will be from its first call on`() throws {
        try AccountsGround.run(seeds: 0...1) { ground in
            let (desk, acme) = (try Self.desk(ground), try TenantID("acme"))
            let terms = ground.office.terms
            let fresh = try await desk.balance(acme)
            try check(fresh.tier == terms.newAccounts && fresh.policyVersion.isEmpty, "\(fresh)")
            try check(fresh.ceiling == terms[terms.newAccounts].ceiling, "\(fresh)")
            try check(fresh.available == fresh.ceiling, "\(fresh)")
            let credit = AccountEntry(id: Sample.id(2), .credit(.paid, Sample.money(5_000)), note: "cash")
            let entered = try await desk.enter(credit, into: acme)
            try check(entered.number == 1, "\(entered)")
            let ahead = try await desk.balance(acme)
            try check(ahead.available == Sample.money(5_000) + ahead.ceiling, "\(ahead)")
            try await desk.set(.byok, of: acme)
            let told = try await desk.balance(acme)
            try check(told.tier == .byok && told.ceiling == terms[.byok].ceiling, "\(told)")
        }
    }

    @Test func `enters, stops, starts and tells of usage`() throws {
        try AccountsGround.run(seeds: 0...1) { ground in
            let (desk, acme) = (try Self.desk(ground), try TenantID("acme"))
            let credit = AccountEntry(id: Sample.id(2), .credit(.paid, Sample.money(5_000)), note: "cash")
            let entered = try await desk.enter(credit, into: acme)
            let twice = try await desk.enter(credit, into: acme)
            try check(entered == twice && entered.available == Sample.money(5_000), "\(entered)")
            let fix = AccountEntry(id: Sample.id(3), .correction(.paid, -Sample.money(5_000)), note: "wrong")
            _ = try await desk.enter(fix, into: acme)
            try await desk.set(.managed, of: acme)
            _ = try await desk.record(Self.example(), to: acme)
            let back = AccountEntry(id: Sample.id(4), .refund(of: Sample.id(1), nil), note: "")
            let given = try await desk.enter(back, into: acme)
            try check(given.amount.decimalText == "0.010815", "\(given)")
            _ = try await desk.record(Self.example(5), to: acme)
            let paid = AccountEntry(id: Sample.id(6), .payment(Sample.money(1)), note: "in_1")
            _ = try await desk.enter(paid, into: acme)
            try await desk.suspend(acme, for: .operatorStop)
            let stopped = try await desk.balance(acme)
            try check(stopped.suspension == .operatorStop, "\(stopped)")
            try await desk.resume(acme, from: .operatorStop)
            let event = try await desk.flush(acme)
            try check(event?.microdollars == 10_815, "\(String(describing: event))")
            let nothing = try await desk.flush(acme)
            try check(nothing == nil, "flushed twice")
            let balance = try await desk.balance(acme)
            try check(balance.suspension == nil && balance.unflushed == .zero, "\(balance)")
        }
    }

    @Test func `lists the accounts in which something stands, in pages`() throws {
        try AccountsGround.run(seeds: 0...1) { ground in
            let desk = try Self.desk(ground)
            let names = (0..<Limits.Journal.maximumActorsScanned + 5).map { "t-\(1_000 + $0)" }
            for (number, name) in names.enumerated() {
                let entry = AccountEntry(id: Sample.id(UInt64(number)), .credit(.granted, Sample.money(1)), note: "")
                _ = try await desk.enter(entry, into: try TenantID(name))
            }
            // Asked of and never given anything: nothing stands there.
            _ = try await desk.balance(try TenantID("nobody"))
            var found: [String] = []
            var last: TenantID?
            while true {
                let page = try await desk.accounts(after: last, atMost: 100)
                try check(page.count <= 100, "\(page.count)")
                guard let end = page.last else { break }
                found += page.map(\.text)
                last = end
            }
            try check(found == names, "\(found.count)")
            let all = try await desk.accounts(after: nil, atMost: 1_000_000)
            try check(all.count == names.count, "\(all.count)")
        }
    }

    @Test func `says what whoever bills has refused, and has it told again or closes it`() throws {
        try AccountsGround.run(seeds: 0...1) { ground in
            let (desk, acme) = (try Self.desk(ground), try TenantID("acme"))
            func waits(_ count: Int, refused: Bool) async throws -> [OutboxEntry] {
                for _ in 0..<1_000 {
                    let entries = try await desk.outbox(acme)
                    if entries.count == count, entries.allSatisfy({ ($0.refusal != nil) == refused }) { return entries }
                    try await ground.world.clock.sleep(for: .milliseconds(10))
                }
                throw Complaint(what: "the outbox is not as it should be")
            }
            ground.sink.outcome.withLock { $0 = .refused("no_meter") }
            try await desk.set(.managed, of: acme)
            _ = try await desk.record(Self.example(), to: acme)
            let event = try await desk.flush(acme)
            let name = event?.identifier ?? ""
            let refused = try await waits(1, refused: true)
            try check(refused[0].event == event && refused[0].refusal == "no_meter", "\(refused)")
            let lines = ground.log.records.filter { $0.event.name == "stripe.meter-refused" }
            try check(lines.count == 1 && lines[0].level == .error, "\(lines)")
            let fields = lines[0].fields.map { "\($0.key.name)=\($0.value)" }.joined(separator: " ")
            for word in ["account=", "acme", "meter_event=", name, "no_meter"] {
                try check(fields.contains(word), "\(word) in \(fields)")
            }
            _ = try await desk.retry(event: name, isMissing: false, of: acme)
            while ground.sink.told.withLock({ $0.count }) < 2 { try await ground.world.clock.sleep(for: .seconds(1)) }
            _ = try await waits(1, refused: true)
            ground.sink.outcome.withLock { $0 = .delivered }
            _ = try await desk.retry(event: name, isMissing: true, of: acme)
            _ = try await waits(0, refused: true)
            try check(ground.sink.told.withLock { $0.last?.lookedAt } != nil, "nobody has looked")
            ground.sink.outcome.withLock { $0 = .refused("no_meter") }
            _ = try await desk.record(Self.example(2), to: acme)
            let second = try await desk.flush(acme)?.identifier ?? ""
            _ = try await waits(1, refused: true)
            _ = try await desk.close(event: second, isCounted: false, note: "in_1", of: acme)
            _ = try await waits(0, refused: true)
            let usage = try await desk.usage(acme, in: desk.period)
            try check(usage?.flushed == 21_630_000 && usage?.told == 10_815_000, "\(String(describing: usage))")
            let counts = ground.office.meters.counts
            try check(counts.refused == 3 && counts.delivered == 1, "\(counts)")
            try check(counts.retried == 2 && counts.closed == 1, "\(counts)")
            let closed = ground.log.records.count { $0.event.name == "stripe.meter-closed" }
            let faults = try await desk.verify(acme)
            try check(closed == 1 && faults.isEmpty, "\(faults)")
        }
    }

    @Test func `names where people pay ahead: a page for it, the operator's, or nowhere`() throws {
        try AccountsGround.run(seeds: 0...0) { ground in
            let (acme, nobody) = (try TenantID("acme"), try TenantID("nobody"))
            let amount = Sample.money(25_500)
            let both = try Self.desk(ground, checkout: ScriptedCheckout(), page: "https://example.org/pay")
            let made = try await both.topUp(acme, by: amount)
            try check(made == .checkout("https://pay.example/acme/25.5"), "\(made)")
            let page = try await Self.desk(ground, page: "https://example.org/pay").topUp(acme, by: amount)
            try check(page == .page("https://example.org/pay"), "\(page)")
            for (desk, account, problem) in [
                (both, nobody, LedgerProblem.checkoutFailed), (try Self.desk(ground), acme, .noTopUp),
            ] {
                do throws(LedgerProblem) {
                    _ = try await desk.topUp(account, by: amount)
                    throw LedgerProblem.lost
                } catch {
                    try check(error == problem, "\(error)")
                }
            }
        }
    }

    @Test func `says of every failure whether it may have been done`() {
        for code in [ActorErrorCode.outcomeUnknown, .deadlineExceeded, .cancelled] {
            #expect(LedgerProblem(code) == .lost)
        }
        for code in [ActorErrorCode.noHost, .unavailable, .stopping, .corrupt] {
            #expect(LedgerProblem(code) != .lost)
        }
    }
}
