import MeshChat
import MeshCore
import Testing

@Suite("The table of models")
struct ModelTableTests {
    private let table = ModelTable.shipped

    /// Midnight of a day in November 2026.
    private func november(_ day: Int64) -> WallTime {
        WallTime(millisecondsSince1970: 1_793_491_200_000 + 86_400_000 * (day - 1))
    }

    @Test("The table that ships keeps all its rules")
    func shipped() throws {
        let table = try table.get()
        #expect(table.rows.count >= 20)
        #expect(november(1).description.hasPrefix("2026-11-01"))
    }

    @Test(
        "Prices are those of the sources, here in thousandths of a dollar",
        arguments: [
            ("claude-opus-5-5", 4_000, 20_000, 200, 5_000), ("claude-sonnet-5-5", 2_000, 10_000, 100, 2_500),
            ("claude-haiku-5-5", 100, 500, 10, 125), ("claude-fable-5-1", 10_000, 50_000, 250, 12_500),
            ("claude-opus-4-5", 5_000, 25_000, 500, 6_250), ("claude-sonnet-4-6", 3_000, 15_000, 300, 3_750),
            ("gpt-6.1-sol", 2_000, 10_000, 100, 2_500), ("gpt-6.1-terra", 1_000, 5_000, 50, 1_250),
            ("gpt-6-luna", 100, 500, 10, 125),
            ("gpt-5.4", 2_500, 15_000, 250, 2_500), ("gpt-4.1", 2_000, 8_000, 500, 2_000),
            ("gpt-4o", 2_500, 10_000, 1_250, 2_500),
        ]
    )
    func prices(_ name: String, _ input: Int64, _ output: Int64, _ read: Int64, _ write: Int64) throws {
        let price = try #require(try table.get()[name]?.price(at: november(20)))
        /// Of thousandths of a dollar.
        func nanodollars(_ thousandths: Int64) -> Int64 { thousandths * 1_000_000 }
        #expect(price.base.input == nanodollars(input))
        #expect(price.base.output == nanodollars(output))
        #expect(price.base.cacheRead == nanodollars(read))
        #expect(price.base.cacheWrite == nanodollars(write))
    }

    @Test("A price changes at midnight of its day, and is named by it")
    func dates() throws {
        let row = try #require(try table.get()["claude-sonnet-5-5"])
        let change = WallTime(millisecondsSince1970: 1_791_331_200_000)
        #expect(change.description.hasPrefix("2026-10-07T00:00:00"))
        let before = WallTime(millisecondsSince1970: change.millisecondsSince1970 - 1)
        #expect(row.price(at: before)?.base.cacheRead == 200_000_000)
        #expect(row.price(at: change)?.base.cacheRead == 100_000_000)
        #expect(row.price(at: change)?.version == "claude-sonnet-5-5@2026-10-07")
        #expect(row.price(at: WallTime(millisecondsSince1970: 0)) == nil)
    }

    @Test("A long prompt changes the price of every token")
    func long() throws {
        let price = try #require(try table.get()["claude-haiku-5-5"]?.price(at: november(1)))
        let short = ChatUsage(inputTokens: 60_000, cacheReadTokens: 40_000, outputTokens: 1_000)
        let long = ChatUsage(inputTokens: 60_001, cacheReadTokens: 40_000, outputTokens: 1_000)
        #expect(price.cost(of: short) == Money(nanodollars: 60_000 * 100 + 40_000 * 10 + 1_000 * 500))
        #expect(price.cost(of: long) == Money(nanodollars: 60_001 * 500 + 40_000 * 50 + 1_000 * 2_500))
    }

    @Test("A call is rounded once, a half to the even nano-dollar")
    func rounding() {
        func cost(_ rate: Int64, _ tokens: Int) -> Int64 {
            let rates = ModelPrice.Rates(input: rate, output: rate, cacheRead: 0, cacheWrite: 0, longCacheWrite: 0)
            let usage = ChatUsage(inputTokens: tokens, outputTokens: 0)
            return ModelPrice(version: "v", base: rates).cost(of: usage).nanodollars
        }
        #expect(cost(500_000, 1) == 0)
        #expect(cost(500_000, 3) == 2)
        #expect(cost(500_001, 1) == 1)
        #expect(cost(499_999, 1) == 0)
        let half = ModelPrice.Rates(input: 300_000, output: 200_000, cacheRead: 0, cacheWrite: 0, longCacheWrite: 0)
        let both = ModelPrice(version: "v", base: half).cost(of: ChatUsage(inputTokens: 1, outputTokens: 1))
        #expect(both == .zero)  // 0.5 in all, not 0.3 and 0.2 each rounded
        #expect("\(Money(nanodollars: 1_234_500))" == "$0.0012345")
        #expect("\(Money(nanodollars: -2_000_000_000))" == "-$2.00")
    }

    @Test(
        "A table that breaks a rule is refused, and the error says which",
        arguments: [
            ("input: 0.5", "no whole number"), ("input: -1", "below nothing"),
            ("input: 99999999999999", "beyond reason"),
            (#"from: "2026-02-30""#, "no day"), (#"tier: "urgent""#, "no known tier"), ("colour: 1", "means nothing"),
            (#"to: "2026-01-01""#, "never holds"), (#"source: """#, "where a price"),
        ]
    )
    func refused(_ member: String, _ words: String) {
        let key = member.prefix { $0 != ":" }
        var price = #"from: "2026-01-01", source: "s", read: "2026-01-02", output: 1, cacheRead: 1, cacheWrite: 1, "#
        price += "longCacheWrite: 1, input: 1"
        let members = price.split(separator: ", ").filter { !$0.hasPrefix("\(key):") } + [member[...]]
        let error = #expect(throws: ChatError.self) {
            try ModelTable(text: text(prices: members.joined(separator: ",")))
        }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test("Prices that overlap, aliases that lead nowhere and models that come twice are refused")
    func inconsistent() throws {
        let rates =
            "source: 's', read: '2026-01-02', input: 1, output: 1, cacheRead: 1, cacheWrite: 1, longCacheWrite: 1"
        let first = "from: '2026-01-01', to: '2026-03-01', \(rates)"
        _ = try ModelTable(text: text(prices: first, "from: '2026-03-01', \(rates)"))
        #expect(throws: ChatError.self) { try ModelTable(text: text(prices: first, "from: '2026-02-28', \(rates)")) }
        #expect(throws: ChatError.self) { try ModelTable(text: text(prices: first, aliases: "a: ['nobody']")) }
        #expect(throws: ChatError.self) { try ModelTable(text: text(prices: first, aliases: "m: ['m']")) }
        #expect(throws: ChatError.self) {
            let table = try ModelTable(text: text(prices: first))
            _ = try ModelTable(version: "v", rows: table.rows + table.rows, aliases: [:], automatic: table.automatic)
        }
        #expect(Limits.Chat.highestRate == 10_000_000_000_000)
    }

    private func text(prices: String..., aliases: String = "") -> String {
        let list = prices.map { "{\($0)}" }.joined(separator: ",")
        return """
            {version: '2026-01-02', aliases: {\(aliases)},
            auto: {smallBelow: 1, longAbove: 2, images: ['m'], long: ['m'], tools: ['m'], small: ['m'],
            standard: ['m']},
            models: [{name: 'm', provider: 'p', context: 10, output: 10, tools: true, images: false, cache: 'none',
            prices: [\(list)]}]}
            """
    }
}
