import Foundation
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import Testing

@Suite struct `What a call costs` {
    /// A row of `Tests/Vectors/prices.json`, which Python's `decimal` and `fractions` have worked out.
    struct Row: Decodable {
        let name: String
        let model: String?
        let priceTier: String?
        let day: String?
        let tier: String?
        let kind: String?
        let rate: Int64?
        let usage: [Int]
        let thousandths: Int64
        let basis: String
        let upstream: Int64
        let fee: Int64
        let total: Int64
        let shown: String

        var used: ChatUsage {
            ChatUsage(
                inputTokens: usage[0],
                cacheReadTokens: usage[1],
                cacheWriteTokens: usage[2],
                longCacheWriteTokens: usage[3],
                outputTokens: usage[4]
            )
        }

        static func load() throws -> [Row] {
            let path = "Tests/Vectors/prices.json"
            let bytes = try #require(RepositoryFile.bytes(path), "\(path) is missing")
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode([Row].self, from: Data(bytes))
        }
    }

    @Test func `every vector of the oracle is met to the nano-dollar, by the tables that ship`() throws {
        let table = try ModelTable.shipped.get()
        let policy = try LedgerPolicy.shipped.get()
        let rows = try Row.load()
        #expect(rows.count >= 200)
        var fromTables = 0
        for row in rows {
            let price: ModelPrice
            var rate = ChargeRate(thousandths: row.thousandths, basis: row.basis == "fee" ? .fee : .whole)
            if let model = row.model, let day = row.day, let tier = row.tier, let kind = row.kind {
                let time = try #require(CalendarDay.start(day))
                let priceTier = try #require(PriceTier(rawValue: row.priceTier ?? ""))
                price = try #require(table[model]?.price(at: time, tier: priceTier), "\(row.name)")
                let useKind = try #require(UseKind.allCases.first { $0.name == kind })
                let found = policy.terms(at: time)[try #require(LedgerTier(name: tier))].rate(of: useKind)
                #expect(found == rate, "\(row.name)")
                rate = found
                fromTables += 1
            } else {
                let input = try #require(row.rate)
                let rates = ModelPrice.Rates(input: input, output: 0, cacheRead: 0, cacheWrite: 0, longCacheWrite: 0)
                price = ModelPrice(version: "v", base: rates)
            }
            let charge = Charge(row.used, at: price, rate: rate)
            #expect(charge.upstream.nanodollars == row.upstream, "\(row.name)")
            #expect(charge.total.nanodollars == row.total, "\(row.name)")
            #expect(charge.fee.nanodollars == row.fee, "\(row.name)")
            #expect(charge.total.costText == row.shown, "\(row.name)")
        }
        #expect(fromTables >= 200)
    }

    @Test func `a thousand tokens in and five hundred out are what the specification says`() throws {
        let usage = ChatUsage(inputTokens: 1_000, outputTokens: 500)
        let managed = try LedgerPolicy.shipped.get().terms(at: Sample.now)[.managed]
        let charge = Charge(usage, at: Sample.price, rate: managed.rate(of: .cloud))
        #expect(charge.upstream.description == "$0.0105")
        #expect(charge.total.description == "$0.010815")
        #expect(charge.fee.description == "$0.000315")
        #expect(charge.total.costText == "$0.011")
    }

    @Test(arguments: [
        (0, "$0.00", "$0.00"), (1, "$0.001", "$0.00"), (1_000_000, "$0.001", "$0.001"),
        (1_000_001, "$0.002", "$0.001"), (-1, "$0.00", "-$0.001"), (1_234_567_890, "$1.235", "$1.234"),
        (25_000_000_000, "$25.00", "$25.00"), (25_100_000_001, "$25.101", "$25.10"),
        (Int64.max, "$9223372036.855", "$9223372036.854"),
    ])
    func `a cost is shown rounded up and a balance rounded down`(_ amount: Int64, _ cost: String, _ balance: String) {
        #expect(Money(nanodollars: amount).costText == cost)
        #expect(Money(nanodollars: amount).balanceText == balance)
    }

    @Test func `money stops at its ends in place of wrapping`() {
        let most = Money(nanodollars: .max)
        #expect(most + most == most)
        #expect(-most - most == Money(nanodollars: .min))
        #expect(Money(rounding: .max, over: 1) == most)
    }

    @Test func `who shows a key of its own may be charged the fee alone, and the posting says so`() throws {
        var ground = LedgerGround()
        try ground.open(.byok)
        let receipt = try ground.use(Sample.call(1, 1_000, kind: .cloud))
        #expect(receipt.charge.upstream == .zero)
        #expect(receipt.charge.total == Sample.money(300))
        guard case .settled(let settlement)? = ground.latest.first else {
            Issue.record("nothing was settled")
            return
        }
        #expect(settlement.posting.call?.rate == ChargeRate(thousandths: 1_300, basis: .fee))
        #expect(settlement.posting.call?.tier == .byok)
        try ground.check()
    }
}
