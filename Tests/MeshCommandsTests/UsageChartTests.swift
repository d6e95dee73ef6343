import MeshAPI
import MeshCommands
import MeshCore
import Testing

@Suite struct `A chart of usage` {
    private static func sum(_ calls: Int64, _ charged: String) -> AccountUsageDocument.Sum {
        var sum = AccountUsageDocument.Sum()
        (sum.calls, sum.inputTokens, sum.cacheReadTokens, sum.outputTokens) = (calls, calls * 100, calls, calls * 10)
        sum.charged = charged
        return sum
    }

    private static func usage(
        by: String = "model",
        _ months: [(String, [(String?, Int64, String)])],
        rest: (calls: Int64, charged: String) = (0, "0"),
        isClosed: Bool = false
    ) -> AccountUsageDocument {
        AccountUsageDocument(
            account: "acme",
            by: by,
            from: "2026-11",
            to: "2026-12",
            total: sum(7, "3.5"),
            periods: months.map { month, rows in
                AccountUsageDocument.Period(
                    period: month,
                    start: "",
                    end: "",
                    isClosed: isClosed,
                    flushed: "0",
                    total: all(rows, rest),
                    rows: rows.map { AccountUsageDocument.Row(name: $0.0, sum: sum($0.1, $0.2)) }
                )
            }
        )
    }

    /// What rows and a rest without a row come to.
    private static func all(
        _ rows: [(String?, Int64, String)],
        _ rest: (calls: Int64, charged: String)
    ) -> AccountUsageDocument.Sum {
        var all = sum(rest.calls, rest.charged)
        for row in rows {
            let next = sum(row.1, row.2)
            all.calls += next.calls
            all.inputTokens += next.inputTokens
            all.cacheReadTokens += next.cacheReadTokens
            all.outputTokens += next.outputTokens
            let charged = (Money(decimal: all.charged) ?? .zero) + (Money(decimal: next.charged) ?? .zero)
            all.charged = charged.decimalText
        }
        return all
    }

    private static let two = usage([
        ("2026-10", [("opus", 1, "0.5"), ("tiny", 3, "0")]),
        ("2026-11", [("opus", 1, "1.5"), ("sonnet", 1, "0.010815"), (nil, 1, "1")]),
    ])

    @Test func `adds months up, the dearest first, and has no bars in a pipe`() {
        #expect(
            UsageChart(Self.two).lines(width: nil, inColour: false) == [
                "MODEL     CALLS  TOKENS IN  TOKENS OUT  CHARGED",
                "opus          2        202          20    $2.00",
                "(others)      1        101          10    $1.00",
                "sonnet        1        101          10   $0.011",
                "tiny          3        303          30    $0.00",
                "total         7        707          70    $3.50",
            ]
        )
    }

    @Test func `has bars as long as what was charged, where there is room`() {
        let lines = UsageChart(Self.two).lines(width: 80, inColour: false)
        let bars = lines.map { line in line.filter { "█▉▊▋▌▍▎▏".contains($0) } }
        #expect(bars[1].count == 31 && bars[1].allSatisfy { $0 == "█" } && lines[1].count == 80)
        #expect(bars[2] == String(repeating: "█", count: 15) + "▌" && bars[3] == "▏")
        #expect(bars[4].isEmpty && bars[5].isEmpty && bars[0].isEmpty)
        let colours = UsageChart(Self.two).lines(width: 80, inColour: true)
        #expect(colours[1].contains("\u{1B}[32m█") && colours[1].hasSuffix("\u{1B}[0m"))
    }

    @Test(arguments: 20...140)
    func `is never wider than its screen`(width: Int) {
        let lines = UsageChart(Self.two).lines(width: width, inColour: false)
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
    }

    @Test func `has a row for what has no name, so that the rows are the total`() {
        let open = UsageChart(Self.usage(by: "project", [("2026-11", [("alpha", 2, "1")])], rest: (3, "2.5")))
        #expect(open.rows.map(\.name) == ["(none)", "alpha"])
        #expect(open.rows[0].calls == 3 && open.rows[0].tokensIn == 303 && open.rows[0].tokensOut == 30)
        #expect(open.rows.reduce(.zero) { $0 + $1.charged }.decimalText == "3.5")
        // Of a closed month only the names of models are kept.
        let closed = UsageChart(Self.usage(by: "session", [("2026-10", [])], rest: (7, "3.5"), isClosed: true))
        #expect(closed.rows.map(\.name) == ["(not kept)"] && closed.rows[0].calls == 7)
        let whole = UsageChart(Self.usage(by: "edge", [("2026-11", [("laptop", 2, "1")])]))
        #expect(whole.rows.map(\.name) == ["laptop"])
    }

    @Test func `keeps days and months in their order`() {
        let days = Self.usage(by: "day", [("2026-11", [("2026-11-02", 1, "1"), ("2026-11-01", 1, "0.1")])])
        #expect(UsageChart(days).rows.map(\.name) == ["2026-11-01", "2026-11-02"])
        let months = UsageChart(Self.two, byMonth: true)
        #expect(months.heading == "MONTH" && months.rows.map(\.name) == ["2026-10", "2026-11"])
        #expect(months.rows.map(\.charged.decimalText) == ["0.5", "2.510815"])
    }

    @Test func `shows so many rows on a screen and says how many there are beyond`() {
        let most = Limits.Commands.maximumChartRows
        let many = (0..<most + 3).map { ("m\($0)", Int64(1), "1") as (String?, Int64, String) }
        let chart = UsageChart(Self.usage([("2026-11", many)]))
        let lines = chart.lines(width: 80, inColour: false)
        #expect(lines.count == most + 3 && lines.last?.hasPrefix("and 3 more") == true)
        #expect(chart.lines(width: nil, inColour: false).count == most + 5)
    }

    @Test(
        arguments: [
            (0, 10, 8, ""), (10, 10, 8, "████████"), (5, 10, 8, "████"), (1, 1_000_000_000, 8, "▏"), (-5, 10, 8, ""),
            (10, 0, 8, ""), (9, 16, 1, "▌"), (1, 1, 0, ""), (.max, .max, 2, "██"),
        ] as [(Int64, Int64, Int, String)]
    )
    func `has bars in eighths`(part: Int64, whole: Int64, columns: Int, bar: String) {
        let (part, whole) = (Money(nanodollars: part), Money(nanodollars: whole))
        #expect(UsageChart.bar(part, of: whole, columns: columns) == bar)
    }

    @Test func `moves no cursor by names that others gave`() {
        let chart = UsageChart(Self.usage([("2026-11", [("a\u{1B}[31m\nb", 1, "1")])]))
        let lines = chart.lines(width: 80, inColour: false)
        #expect(lines.count == 3 && !lines.joined().contains("\u{1B}"))
    }
}
