import MeshAccounts
import MeshActors
import MeshCore
import MeshLedger
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The accounts of a node` {
    @Test func `set aside, charge, and tell of usage from the threshold on`() throws {
        try AccountsGround.run { ground in
            let (office, terms) = (ground.office, ground.office.terms)
            _ = try await office.ask(Ledger.SetTier(.managed, terms: terms), of: "acme")
            let call = Sample.call(1, 6_000)
            let hold = try await office.ask(Ledger.Reserve(call, terms: terms), of: "acme")
            try check(hold.amount == Sample.money(6_180), "\(hold)")
            let charged = try await office.ask(Ledger.Settle(call.id, usage: call.worst, end: .complete), of: "acme")
            try check(charged.charge.total == Sample.money(6_180), "\(charged)")
            while ground.sink.told.withLock({ $0.isEmpty }) { try await ground.world.clock.sleep(for: .seconds(1)) }
            try check(ground.sink.told.withLock { $0.map(\.microdollars) } == [6_180_000], "told")
        }
    }

    @Test func `refuse what a new account cannot pay`() throws {
        try AccountsGround.run(seeds: 0...1) { ground in
            do throws(CallFailure<LedgerRefusal>) {
                _ = try await ground.office.ask(
                    Ledger.Reserve(Sample.call(1, 1), terms: ground.office.terms),
                    of: "acme"
                )
                throw CallFailure.overloaded(retryAfter: .zero)
            } catch {
                let refusal = LedgerRefusal.ceilingExceeded(needed: Money(nanodollars: 1_030_000), available: .zero)
                try check(error == .refused(refusal), "\(error)")
            }
        }
    }
}
