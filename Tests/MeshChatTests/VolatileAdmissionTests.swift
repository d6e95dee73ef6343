import MeshChat
import MeshCore
import MeshTestKit
import Testing

@Suite("The test double of the ledger")
struct VolatileAdmissionTests {
    private let price = ModelPrice(version: "v", base: .free)

    private func ask(_ number: UInt64, _ cost: Int64) throws -> AdmissionAsk {
        AdmissionAsk(
            id: UniqueID(high: 0, low: number),
            tenant: try TenantID("t"),
            key: nil,
            model: "m",
            worst: ChatUsage(),
            worstCost: Money(nanodollars: cost),
            price: price
        )
    }

    @Test("The same call twice is one, another under its id is a conflict, and what is set aside cannot be spent twice")
    func keeps() async throws {
        let ledger = VolatileAdmission(credit: Money(nanodollars: 100))
        let hold = try await ledger.reserve(ask(1, 60))
        _ = try await ledger.reserve(ask(1, 60))
        #expect(ledger.available == Money(nanodollars: 40))
        await #expect(throws: ChatError(.conflict, "")) { try await ledger.reserve(ask(1, 61)) }
        await #expect(throws: ChatError(.paymentRequired, "")) { try await ledger.reserve(ask(2, 41)) }
        let outcome = AdmissionOutcome(end: .complete, usage: ChatUsage(), cost: Money(nanodollars: 10))
        try await ledger.settle(hold, as: outcome)
        try await ledger.settle(hold, as: outcome)
        try await ledger.void(hold)
        #expect(ledger.available == Money(nanodollars: 90))
        #expect(ledger.fate(of: hold.id) == .settled(outcome))
        try await ledger.void(try await ledger.reserve(ask(3, 90)))
        #expect(ledger.available == Money(nanodollars: 90))
    }
}
