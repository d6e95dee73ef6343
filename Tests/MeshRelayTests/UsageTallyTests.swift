import MeshChat
import MeshCore
import MeshGateway
import MeshIdentity
import MeshRelay
import Testing

@Suite struct `What is used on a node` {
    private static let usage = ChatUsage(inputTokens: 10, outputTokens: 2)
    private static let price = ModelPrice(
        version: "m@1",
        base: ModelPrice.Rates(input: 1, output: 1, cacheRead: 1, cacheWrite: 1, longCacheWrite: 1)
    )

    private static func ask(_ number: UInt64, _ tenant: String = "acme", model: String = "m") -> AdmissionAsk {
        AdmissionAsk(
            id: UniqueID(high: number, low: 0x8000_0000_0000_0000),
            tenant: RelayGround.caller(of: tenant).tenant,
            key: nil,
            model: model,
            worst: usage,
            worstCost: .zero,
            price: price
        )
    }

    @Test func `is counted once for each call that was settled, by tenant and model`() async throws {
        let tally = UsageTally(since: WallTime(millisecondsSince1970: 7))
        let admission = CountedAdmission(OpenAdmission(), tally: tally)
        let cost = Money(nanodollars: 3)
        var outcome = AdmissionOutcome(end: .complete, usage: Self.usage, cost: cost)
        for number in 1...3 as ClosedRange<UInt64> {
            let hold = try await admission.reserve(Self.ask(number))
            for _ in 1...2 { try await admission.settle(hold, as: outcome) }
        }
        try await admission.void(try await admission.reserve(Self.ask(4)))
        outcome.substitute = AdmissionOutcome.Substitute(model: "n", price: Self.price)
        try await admission.settle(try await admission.reserve(Self.ask(5, "umbrella")), as: outcome)
        let reading = await tally.usage(RelayGround.caller)
        #expect(reading.since == WallTime(millisecondsSince1970: 7) && reading.models.keys.sorted() == ["m"])
        #expect(reading.total.requests == 3 && reading.total.input == 30 && reading.total.cost?.nanodollars == 9)
        #expect(await tally.usage(RelayGround.caller(of: "umbrella")).models.keys.sorted() == ["n"])
        #expect(await tally.usage(RelayGround.caller(of: "nobody")).models.isEmpty)
    }

    @Test func `is bounded, by tenants and by models`() async throws {
        let tally = UsageTally(since: WallTime(millisecondsSince1970: 0))
        for number in 0...Limits.Relay.maximumModelsCounted {
            tally.note(Self.usage, of: "m\(number)", tenant: RelayGround.caller.tenant, cost: nil)
        }
        let reading = await tally.usage(RelayGround.caller)
        #expect(reading.models.count == Limits.Relay.maximumModelsCounted + 1)
        #expect(reading.models[UsageTally.others]?.requests == 1 && reading.total.cost == nil)
        for number in 1...Limits.Relay.maximumTenantsCounted {
            tally.note(Self.usage, of: "m", tenant: RelayGround.caller(of: "t\(number)").tenant, cost: nil)
        }
        let last = await tally.usage(RelayGround.caller(of: "t\(Limits.Relay.maximumTenantsCounted)"))
        #expect(last.models.isEmpty)
    }
}
