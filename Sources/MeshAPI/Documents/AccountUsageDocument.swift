package import MeshJSON

/// What an account has used, by months, UTC: `GET /v1/ledger/usage`.
package struct AccountUsageDocument: APIDocument {
    /// Whose account it is.
    package let account: String
    /// By what the rows are told apart: `model`, `project`, `session`, `edge`, `day`, `kind`.
    package let by: String
    /// The first month.
    package let from: String
    /// The first month that is not in it.
    package let to: String
    /// All that follows together.
    package let total: Sum
    /// Each month of which something is known.
    package let periods: [Period]

    /// What many calls come to.
    package struct Sum: APIDocument {
        /// How many.
        package var calls: Int64 = 0
        /// Tokens read, and paid in full.
        package var inputTokens: Int64 = 0
        /// Tokens that the provider still had.
        package var cacheReadTokens: Int64 = 0
        /// Tokens that it was asked to keep.
        package var cacheWriteTokens: Int64 = 0
        /// Tokens said.
        package var outputTokens: Int64 = 0
        /// What providers take.
        package var upstream = "0"
        /// What was charged, before refunds.
        package var charged = "0"
        /// Of this, out of credits.
        package var fromCredits = "0"
        /// What was given back.
        package var refunded = "0"
        /// What was charged, for people.
        package var display = ""

        /// Of no calls.
        package init() {}

        /// As the gateway says it.
        package var json: JSONValue {
            var object = JSONObject()
            for (name, path) in Self.counts { object[name] = .integer(self[keyPath: path]) }
            for (name, path) in Self.texts { object[name] = .string(self[keyPath: path]) }
            return .object(object)
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "sum of usage")
            for (name, path) in Self.counts { self[keyPath: path] = try fields.integer(name) }
            for (name, path) in Self.texts { self[keyPath: path] = try fields.text(name) }
        }

        private static var counts: [(String, WritableKeyPath<Sum, Int64>)] {
            [
                ("calls", \.calls), ("input_tokens", \.inputTokens), ("cache_read_tokens", \.cacheReadTokens),
                ("cache_write_tokens", \.cacheWriteTokens), ("output_tokens", \.outputTokens),
            ]
        }

        private static var texts: [(String, WritableKeyPath<Sum, String>)] {
            [
                ("upstream", \.upstream), ("charged", \.charged), ("from_credits", \.fromCredits),
                ("refunded", \.refunded), ("display", \.display),
            ]
        }
    }

    /// What is told of one name.
    package struct Row: APIDocument {
        /// The name; nil for all that found no row of its own.
        package let name: String?
        /// What it comes to.
        package let sum: Sum

        /// `sum` of `name`.
        package init(name: String?, sum: Sum) {
            self.name = name
            self.sum = sum
        }

        /// As the gateway says it.
        package var json: JSONValue {
            var object = JSONObject()
            object["name"] = name.map { .string($0) } ?? .null
            for member in sum.json.object?.members ?? [] { object[member.key] = member.value }
            return .object(object)
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            name = try DocumentFields(json, of: "row of usage")["name"]?.text
            sum = try Sum(json: json)
        }
    }

    /// What was used in one month.
    package struct Period: APIDocument {
        /// The month: `2026-11`.
        package let period: String
        /// Its first moment.
        package let start: String
        /// The first moment that is not in it.
        package let end: String
        /// Whether nothing more comes into it.
        package let isClosed: Bool
        /// What whoever bills was told of in it: what its invoice comes to.
        package let flushed: String
        /// All of it.
        package let total: Sum
        /// The same by name, in the order of the names.
        package let rows: [Row]

        /// What was used in `period`.
        package init(
            period: String,
            start: String,
            end: String,
            isClosed: Bool,
            flushed: String,
            total: Sum,
            rows: [Row]
        ) {
            self.period = period
            self.start = start
            self.end = end
            self.isClosed = isClosed
            self.flushed = flushed
            self.total = total
            self.rows = rows
        }

        /// As the gateway says it.
        package var json: JSONValue {
            [
                "period": .string(period), "start": .string(start), "end": .string(end), "closed": .bool(isClosed),
                "flushed": .string(flushed), "total": total.json, "rows": .array(rows.map(\.json)),
            ]
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "month of usage")
            period = try fields.text("period")
            start = try fields.text("start")
            end = try fields.text("end")
            isClosed = try fields.truth("closed")
            flushed = try fields.text("flushed")
            total = try fields.document("total", Sum.self)
            rows = try fields.list("rows", of: Row.self)
        }
    }

    /// What was used in `periods`.
    package init(account: String, by: String, from: String, to: String, total: Sum, periods: [Period]) {
        self.account = account
        self.by = by
        self.from = from
        self.to = to
        self.total = total
        self.periods = periods
    }

    /// As the gateway says it.
    package var json: JSONValue {
        [
            "account": .string(account), "by": .string(by), "from": .string(from), "to": .string(to),
            "total": total.json, "periods": .array(periods.map(\.json)),
        ]
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "usage of an account")
        account = try fields.text("account")
        by = try fields.text("by")
        from = try fields.text("from")
        to = try fields.text("to")
        total = try fields.document("total", Sum.self)
        periods = try fields.list("periods", of: Period.self)
    }
}
