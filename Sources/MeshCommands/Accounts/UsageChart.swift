package import MeshAPI
package import MeshCore

/// Usage as a table, with bars beside it where somebody looks and there is room.
package struct UsageChart: Sendable {
    /// A name and what it comes to.
    package struct Row: Hashable, Sendable {
        /// The name.
        package let name: String
        /// Calls.
        package let calls: Int64
        /// Tokens that were read, however.
        package let tokensIn: Int64
        /// Tokens that were said.
        package let tokensOut: Int64
        /// What was charged.
        package let charged: Money

        init(_ name: String, _ sums: [AccountUsageDocument.Sum]) {
            func sum(_ count: (AccountUsageDocument.Sum) -> Int64) -> Int64 {
                sums.reduce(0) { total, part in
                    let (sum, overflow) = total.addingReportingOverflow(max(0, count(part)))
                    return overflow ? .max : sum
                }
            }
            self.name = name
            calls = sum(\.calls)
            let kinds = [sum(\.inputTokens), sum(\.cacheReadTokens), sum(\.cacheWriteTokens)]
            tokensIn = Int64(clamping: kinds.reduce(Int128(0)) { $0 + Int128($1) })
            tokensOut = sum(\.outputTokens)
            charged = sums.reduce(.zero) { $0 + (Money(decimal: $1.charged) ?? .zero) }
        }

        /// What `periods` come to beside their rows; nil where the rows have all of it.
        init?(_ name: String, restOf periods: [AccountUsageDocument.Period]) {
            let (all, named) = (Row(name, periods.map(\.total)), Row(name, periods.flatMap { $0.rows.map(\.sum) }))
            self.name = name
            calls = max(0, all.calls - named.calls)
            tokensIn = max(0, all.tokensIn - named.tokensIn)
            tokensOut = max(0, all.tokensOut - named.tokensOut)
            charged = max(.zero, all.charged - named.charged)
            guard calls > 0 else { return nil }
        }
    }

    /// What stands above the names.
    package let heading: String
    /// The rows, the dearest first, days and months in their order.
    package let rows: [Row]
    /// All of them together.
    package let total: Row

    /// Of `usage`, with its months as rows where `byMonth`.
    package init(_ usage: AccountUsageDocument, byMonth: Bool = false) {
        heading = (byMonth ? "month" : usage.by).uppercased()
        total = Row("total", [usage.total])
        if byMonth {
            rows = usage.periods.map { Row($0.period, [$0.total]) }
            return
        }
        var sums: [String: [AccountUsageDocument.Sum]] = [:]
        for row in usage.periods.flatMap(\.rows) { sums[row.name ?? Self.others, default: []].append(row.sum) }
        var rows = sums.map { Row($0.key, $0.value) }
        for (name, isClosed) in [(Self.none, false), (Self.notKept, true)] {
            let periods = usage.periods.filter { ($0.isClosed && usage.by != "model") == isClosed }
            if let rest = Row(name, restOf: periods) { rows.append(rest) }
        }
        self.rows = rows.sorted { left, right in
            if usage.by != "day", left.charged != right.charged { return left.charged > right.charged }
            return left.name < right.name
        }
    }

    /// The lines, with bars where `width` leaves room for them.
    ///
    /// A screen has at most ``Limits/Commands/maximumChartRows`` rows, and is told how many there are beyond.
    package func lines(width: Int?, inColour isColoured: Bool) -> [String] {
        let shown = width == nil ? rows[...] : rows.prefix(Limits.Commands.maximumChartRows)
        var table = ScreenTable([
            .init(heading, least: 8), .init("CALLS", isRight: true, rank: 2),
            .init("TOKENS IN", isRight: true, rank: 3), .init("TOKENS OUT", isRight: true, rank: 4),
            .init("CHARGED", isRight: true),
        ])
        for row in shown + [total] {
            table.append([
                Cell(row.name, row == total ? .dim : .plain), Cell("\(row.calls)"), Cell("\(row.tokensIn)"),
                Cell("\(row.tokensOut)"), Cell(row.charged.costText),
            ])
        }
        let room = width.map { max(Self.leastWidth, $0 - Self.leastBar - 2) }
        let (plain, painted) = (
            table.layout(width: room).lines(inColour: false), table.layout(width: room).lines(inColour: isColoured)
        )
        let taken = plain.map(\.count).max() ?? 0
        let bar = width.map { min(Self.longestBar, $0 - taken - 2) } ?? 0
        let most = shown.map(\.charged).max() ?? .zero
        var lines = painted
        for (index, row) in shown.enumerated() where bar >= Self.leastBar {
            let text = Self.bar(row.charged, of: most, columns: bar)
            guard !text.isEmpty else { continue }
            let padding = String(repeating: " ", count: taken - plain[index + 1].count + 2)
            lines[index + 1] += padding + Paint.green.on(text, isColoured)
        }
        if rows.count > shown.count { lines.append("and \(rows.count - shown.count) more: --csv has all of them") }
        return lines
    }

    /// As many eighths of `columns` as `part` is of `whole`; the smallest sign where it is more than nothing.
    package static func bar(_ part: Money, of whole: Money, columns: Int) -> String {
        guard columns > 0, part > .zero, whole > .zero else { return "" }
        let most = Int128(columns) * 8
        let eighths = min(most, Int128(part.nanodollars) * most / Int128(whole.nanodollars))
        let (full, rest) = Int(max(1, eighths)).quotientAndRemainder(dividingBy: 8)
        return String(repeating: "█", count: full) + (rest > 0 ? partial[rest - 1] : "")
    }

    private static let partial = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    /// What found no row of its own.
    private static let others = "(others)"
    /// Calls that belong to none: to no project, to no session.
    private static let none = "(none)"
    /// Calls of closed months, of which names other than models' are not kept.
    private static let notKept = "(not kept)"
    /// Shorter bars say nothing.
    private static let leastBar = 8
    private static let longestBar = 40
    private static let leastWidth = 20
}
