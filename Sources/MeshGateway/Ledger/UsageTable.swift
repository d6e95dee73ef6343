internal import MeshAPI
internal import MeshCore
internal import MeshJSON

/// Usage as rows that stand by themselves, for tables and programs that read line by line.
struct UsageTable {
    private let document: AccountUsageDocument

    /// The rows of `document`.
    init(_ document: AccountUsageDocument) { self.document = document }

    /// The names of the columns, then a row for each name of each month; RFC 4180.
    var csv: [UInt8] {
        var text = Self.line(Self.columns)
        for period in document.periods {
            for row in period.rows {
                let sum = row.sum
                let counts = [
                    sum.calls, sum.inputTokens, sum.cacheReadTokens, sum.cacheWriteTokens, sum.outputTokens,
                ]
                let named = [document.account, period.period, document.by, row.name ?? ""].map(CommaSeparated.cell)
                let amounts = [sum.upstream, sum.charged, sum.fromCredits, sum.refunded]
                text += Self.line(named + counts.map { "\($0)" } + amounts)
            }
        }
        return Array(text.utf8)
    }

    /// The same rows, each an object by the names of the columns.
    var jsonLines: [UInt8] {
        var bytes: [UInt8] = []
        for period in document.periods {
            for row in period.rows {
                var object = JSONObject()
                object["account"] = .string(document.account)
                object["period"] = .string(period.period)
                object["by"] = .string(document.by)
                for member in row.json.object?.members ?? [] where member.key != "display" {
                    object[member.key] = member.value
                }
                bytes += JSONWriter.bytes(of: .object(object)) + [UInt8(ascii: "\n")]
            }
        }
        return bytes
    }

    private static let columns = [
        "account", "period", "by", "name", "calls", "input_tokens", "cache_read_tokens", "cache_write_tokens",
        "output_tokens", "upstream", "charged", "from_credits", "refunded",
    ]

    private static func line(_ cells: [String]) -> String { cells.joined(separator: ",") + "\r\n" }
}
