import MeshCore
import MeshHTTP
import MeshLedger
import MeshStripe
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Telling Stripe of usage` {
    private static let day = Limits.Meter.identifierMemory

    @Test func `sends what is billed, by an identifier that never changes`() async throws {
        try await StripeGround.with { _, _ in
            .answer(200, Said.taken)
        } _: { ground in
            let event = ground.event(7, 5_000_000)
            #expect(try await ground.sink().sink.tell(event, of: "acme") == .delivered)
            let asked = try #require(ground.site.all.first)
            let seconds = event.time.millisecondsSince1970 / 1_000
            #expect(asked.path == "/v1/billing/meter_events")
            let mark = event.identifier.split(separator: "|").last ?? ""
            #expect(
                asked.body == "event_name=mesh_usage&identifier=mesh%7Cacme%7Cusage%7C7-7%7C\(mark)"
                    + "&timestamp=\(seconds)&payload[stripe_customer_id]=cus_1&payload[value]=5000000"
            )
        }
    }

    @Test func `takes an identifier that Stripe knows for a delivery`() async throws {
        let advice: HTTPFields = [HTTPFieldName(known: "stripe-should-retry"): "false"]
        try await StripeGround.with { _, number in
            number == 0 ? .cut : .answer(400, Said.known, advice)
        } _: { ground in
            let told = try await ground.sink().sink.tell(ground.event(1, 5), of: "acme")
            #expect(told == .delivered)
            #expect(ground.site.all.count == 2)
        }
    }

    @Test func `leaves what Stripe will never take to people, and tries again what it may`() async throws {
        try await StripeGround.with { _, _ in
            .answer(400, Said.refused("no_meter"))
        } _: { ground in
            let told = try await ground.sink().sink.tell(ground.event(1, 5), of: "acme")
            #expect(told == .refused("no_meter"))
        }
        for status: UInt16 in [401, 403, 429, 500] {
            try await StripeGround.with { _, _ in
                .answer(status, Said.refused("later"))
            } _: { ground in
                await #expect(throws: (any Error).self) {
                    try await ground.sink().sink.tell(ground.event(1, 5), of: "acme")
                }
            }
        }
    }

    @Test func `has a customer made first, once, where there is none`() async throws {
        try await StripeGround.with { asked, _ in
            asked.path == "/v1/customers" ? .answer(200, ##"{"id":"cus_9"}"##) : .answer(200, Said.taken)
        } _: { ground in
            let (sink, accounts) = ground.sink()
            for number: UInt64 in 1...2 {
                let toldAgain = try await sink.tell(ground.event(number, 5, customer: nil), of: "acme")
                #expect(toldAgain == .delivered)
            }
            #expect(accounts.known.withLock { $0 } == "cus_9")
            #expect(ground.site.all.map(\.path).filter { $0 == "/v1/customers" }.count == 1)
            #expect(ground.site.all.last?.body.contains("[stripe_customer_id]=cus_9") == true)
            let told = try await sink.tell(ground.event(3, 5, customer: nil))
            #expect(told == .refused("no_customer"))
        }
    }

    /// What Stripe's sum says of the minute, what comes of it, and how often the event is sent.
    @Test(arguments: [
        ("0", MeterOutcome.delivered, 1), ("5", .delivered, 0), ("5.0", .delivered, 0),
        ("4", .delivered, 1),
    ])
    func `looks for what is older than a day before it is sent`(
        _ sum: String,
        _ outcome: MeterOutcome,
        _ sent: Int
    ) async throws {
        try await StripeGround.with { asked, _ in
            asked.method == .get ? .answer(200, Said.sum(sum)) : .answer(200, Said.taken)
        } _: { ground in
            let event = ground.event(1, 5, age: Self.day + .seconds(1))
            #expect(try await ground.sink().sink.tell(event, of: "acme") == outcome)
            let minute = event.time.millisecondsSince1970 / 60_000 * 60
            let asked = try #require(ground.site.all.first).path
            #expect(asked.contains("customer=cus_1&start_time=\(minute)&end_time=\(minute + 60)&"))
            #expect(ground.site.all.filter { $0.method == .post }.count == sent)
        }
    }

    @Test func `asks the month where others are in its minute`() async throws {
        let unclear = MeterOutcome.refused("unclear_in_summaries")
        // The last one is of a customer that somebody else tells the meter of, too.
        for (flushed, outcome) in [(Int128(9), MeterOutcome.delivered), (13, .delivered), (14, unclear), (8, unclear)] {
            try await StripeGround.with { _, _ in
                .answer(200, Said.sum("9"))
            } _: { ground in
                let (sink, accounts) = ground.sink()
                accounts.flushed.withLock { $0 = flushed }
                let event = ground.event(1, 5, age: Self.day + .seconds(1))
                let found = try await sink.tell(event, of: "acme")
                #expect(found == outcome)
                #expect(ground.site.all.count == 2)
            }
        }
    }

    @Test func `knows what it told itself in the minute of an event that it looks for`() async throws {
        let sum = Lock("0")
        try await StripeGround.with { asked, _ in
            asked.method == .get ? .answer(200, Said.sum(sum.withLock { $0 })) : .answer(200, Said.taken)
        } _: { ground in
            let (sink, accounts) = ground.sink()
            let first = ground.event(1, 5)
            let second = MeterEvent(
                account: "acme",
                range: 2...2,
                microdollars: 5,
                time: first.time,
                customer: first.customer
            )
            let told = try await sink.tell(first, of: "acme")
            #expect(told == .delivered)
            ground.clock.turn(by: Self.day + .seconds(60))
            // Both are worth the same: the sum is of the first, or of the second where Stripe's lag behind.
            accounts.flushed.withLock { $0 = 10 }
            sum.withLock { $0 = "5" }
            let unclear = try await sink.tell(second, of: "acme")
            #expect(unclear == .refused("unclear_in_summaries"))
            sum.withLock { $0 = "10" }
            let found = try await sink.tell(second, of: "acme")
            #expect(found == .delivered)
            #expect(ground.site.all.filter { $0.method == .post }.count == 1)
        }
    }

    @Test func `sends what is older than a day where somebody has looked for it, and nobody else can`() async throws {
        try await StripeGround.with { _, _ in
            .answer(200, Said.taken)
        } _: { ground in
            let blind = ground.sink(meterID: nil).sink
            let event = ground.event(1, 5, age: Self.day + .seconds(1))
            let before = try await blind.tell(event, of: "acme")
            #expect(before == .refused("older_than_a_day"))
            #expect(ground.site.all.isEmpty)
            let after = try await blind.tell(event.missed(at: ground.clock.wallTime), of: "acme")
            #expect(after == .delivered)
            #expect(ground.site.all.map(\.method) == [.post])
        }
    }

    @Test func `tries again where Stripe takes its time to be in the future`() async throws {
        try await StripeGround.with { _, _ in
            .answer(400, Said.refused("timestamp_in_future"))
        } _: { ground in
            await #expect(throws: StripeError.self) {
                try await ground.sink().sink.tell(ground.event(1, 5), of: "acme")
            }
        }
    }

    @Test func `waits for what is a little ahead of the clock, and leaves to people what is far ahead`() async throws {
        try await StripeGround.with { _, _ in
            .answer(200, Said.taken)
        } _: { ground in
            let sink = ground.sink().sink
            // A minute on either side, because the clock goes on meanwhile.
            let near = ground.event(1, 5, age: .seconds(60) - Limits.Stripe.futureTolerance)
            let told = try await sink.tell(near, of: "acme")
            #expect(told == .delivered)
            for ahead in [Limits.Stripe.futureTolerance + .seconds(60), Limits.Stripe.longestFuture - .seconds(60)] {
                let event = ground.event(2, 5, age: .zero - ahead)
                await #expect(throws: StripeError(.unwell, "")) { try await sink.tell(event, of: "acme") }
            }
            #expect(ground.site.all.count == 1)
            let (hour, year) = (Limits.Stripe.longestFuture, Duration.seconds(5 * 365 * 86_400))
            for ahead in [hour + .seconds(60), year] {
                let event = ground.event(3, 5, age: .zero - ahead)
                let outcome = try await sink.tell(event, of: "acme")
                #expect(outcome == .refused("in_future"))
                // Nor does the word that Stripe does not have it make its time any better.
                let again = try await sink.tell(event.missed(at: ground.clock.wallTime), of: "acme")
                #expect(again == .refused("in_future"))
            }
            #expect(ground.site.all.count == 1)
            // What waited goes when its time has come.
            let waiting = ground.event(4, 5, age: .zero - hour)
            ground.clock.turn(by: hour)
            let later = try await sink.tell(waiting, of: "acme")
            #expect(later == .delivered)
        }
    }

    @Test func `leaves to people what is too old, or cannot be looked for`() async throws {
        try await StripeGround.with { _, _ in
            .answer(200, Said.sum("0"))
        } _: { ground in
            let old = ground.event(1, 5, age: Limits.Meter.oldestEvent + .seconds(1))
            let toldAgain = try await ground.sink().sink.tell(old, of: "acme")
            #expect(toldAgain == .refused("too_old"))
            let blind = ground.sink(meterID: nil).sink
            let event = ground.event(2, 5, age: Self.day + .seconds(1))
            let told = try await blind.tell(event, of: "acme")
            #expect(told == .refused("older_than_a_day"))
            #expect(ground.site.all.allSatisfy { $0.method == .get })
        }
    }
}
