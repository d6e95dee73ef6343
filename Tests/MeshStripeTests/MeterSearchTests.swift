import MeshCore
import MeshStripe
import Testing

@Suite struct `An event that Stripe may have forgotten` {
    @Test func `is there, is not, or nobody can say`() {
        let rows: [(value: Int64, sum: Int128, others: [Int64], verdict: MeterSearch.Verdict)] = [
            (5, 0, [], .absent), (5, 5, [], .present), (5, 4, [], .absent), (5, 10, [], .unclear),
            (5, 7, [7], .unclear), (5, 12, [7], .present), (5, 12, [3, 4], .present), (5, 5, [7], .unclear),
            // Stripe's sums lag behind: what is not there is not ours either.
            (5, 0, [7], .absent), (5, 13, [7], .unclear),
        ]
        for row in rows {
            let found = MeterSearch.verdict(value: row.value, sum: row.sum, others: row.others)
            #expect(found == row.verdict, "\(row)")
        }
    }

    @Test func `has arrived where less is missing of the month than it is worth, and Stripe has nothing of others`() {
        let rows: [(value: Int64, sum: Int128, flushed: Int128, verdict: MeterSearch.Verdict)] = [
            (5, 100, 100, .present), (5, 96, 100, .present), (5, 95, 100, .unclear), (5, 0, 100, .unclear),
            // Somebody else has told Stripe of usage too: that says nothing of this one.
            (5, 101, 100, .unclear), (5, 200, 100, .unclear), (0, 100, 100, .unclear), (-5, 100, 100, .unclear),
        ]
        for row in rows {
            #expect(MeterSearch.verdict(value: row.value, sum: row.sum, flushed: row.flushed) == row.verdict, "\(row)")
        }
    }

    @Test func `is looked for beside what was told in its minute, of so many minutes`() {
        let most = Limits.Stripe.rememberedMinutes
        var told = ToldMinutes()
        for minute in 0...Int64(most) { told.note(1, ToldMinutes.Key(customer: "c", minute: minute)) }
        told.note(2, ToldMinutes.Key(customer: "c", minute: 1))
        #expect(told[ToldMinutes.Key(customer: "c", minute: 0)] == [])
        #expect(told[ToldMinutes.Key(customer: "c", minute: 1)] == [1, 2])
        #expect(told[ToldMinutes.Key(customer: "c", minute: Int64(most))] == [1])
        #expect(told[ToldMinutes.Key(customer: "d", minute: 1)] == [])
    }
}
