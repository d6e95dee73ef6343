package import MeshCore
package import MeshJSON

extension AnswerDocument {
    /// Tokens, no token in two counts but reasoning, which is part of what was said.
    package struct Tokens: APIDocument {
        /// Read and paid in full.
        package var input: UInt64
        /// Read, and still ready at the provider.
        package var cacheRead: UInt64
        /// Read, and to be kept ready there.
        package var cacheWrite: UInt64
        /// Said.
        package var output: UInt64
        /// Thought and not said.
        package var reasoning: UInt64
        /// Whether anything here is an estimate.
        package var isEstimated: Bool

        /// These counts.
        package init(
            input: UInt64,
            cacheRead: UInt64 = 0,
            cacheWrite: UInt64 = 0,
            output: UInt64,
            reasoning: UInt64 = 0,
            isEstimated: Bool = false
        ) {
            self.input = input
            self.cacheRead = cacheRead
            self.cacheWrite = cacheWrite
            self.output = output
            self.reasoning = reasoning
            self.isEstimated = isEstimated
        }

        /// As the gateway says it.
        package var json: JSONValue {
            [
                "input_tokens": .count(input), "cache_read_tokens": .count(cacheRead),
                "cache_write_tokens": .count(cacheWrite), "output_tokens": .count(output),
                "reasoning_tokens": .count(reasoning), "estimated": .bool(isEstimated),
            ]
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "usage")
            func count(_ key: String) -> UInt64 { UInt64(clamping: fields[key]?.integer ?? 0) }
            input = UInt64(clamping: try fields.integer("input_tokens"))
            (cacheRead, cacheWrite) = (count("cache_read_tokens"), count("cache_write_tokens"))
            output = UInt64(clamping: try fields.integer("output_tokens"))
            reasoning = count("reasoning_tokens")
            isEstimated = fields["estimated"]?.bool ?? false
        }
    }

    /// What something costs.
    package struct Cost: APIDocument {
        /// Exactly.
        package let nanodollars: Int64
        /// For people, rounded up: `$0.011`.
        package let display: String
        /// What it is made of, and what has paid it; nil where nobody charges.
        package var parts: Parts?

        /// `money`.
        package init(_ money: Money) {
            nanodollars = money.nanodollars
            display = money.costText
        }

        /// As the gateway says it.
        package var json: JSONValue {
            var object = JSONObject()
            object["nanodollars"] = .integer(nanodollars)
            object["display"] = .string(display)
            if let parts {
                object["upstream_cost"] = .string(parts.upstream)
                object["fee"] = .string(parts.fee)
                object["total"] = .string(parts.total)
                var sources = JSONObject()
                for source in parts.fundedBy { sources[source.name] = .string(source.amount) }
                object["funded_by"] = .object(sources)
            }
            return .object(object)
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "cost")
            nanodollars = try fields.integer("nanodollars")
            display = try fields.text("display")
            guard let upstream = fields["upstream_cost"]?.text else { return }
            parts = Parts(
                upstream: upstream,
                fee: try fields.text("fee"),
                total: try fields.text("total"),
                fundedBy: (fields["funded_by"]?.object?.members ?? []).map { Parts.Source($0.key, $0.value.text ?? "") }
            )
        }

        /// What a charge is made of, and what has paid it: exact amounts, so that they add up.
        package struct Parts: Hashable, Sendable {
            /// What whoever answered takes.
            package let upstream: String
            /// What the hub takes.
            package let fee: String
            /// Both.
            package let total: String
            /// Out of what that was paid, in the order in which it is taken.
            package let fundedBy: [Source]

            /// A part of the total, and where it came from.
            package struct Source: Hashable, Sendable {
                /// `knowledge`, `granted`, `paid` or `metered`.
                package let name: String
                /// How much.
                package let amount: String

                /// `amount` of the source called so.
                package init(_ name: String, _ amount: String) { (self.name, self.amount) = (name, amount) }
            }

            /// These amounts.
            package init(upstream: String, fee: String, total: String, fundedBy: [Source]) {
                self.upstream = upstream
                self.fee = fee
                self.total = total
                self.fundedBy = fundedBy
            }
        }
    }

    /// What the privacy proxy has done for one question.
    package struct Privacy: APIDocument {
        /// How many pieces of each kind were replaced.
        package let replaced: [String: UInt64]
        /// How many placeholders were put back in the answer.
        package let restored: UInt64
        /// How many stayed, because they are none of this conversation's.
        package let broken: UInt64
        /// Pictures and sealed bytes, which nobody could look into.
        package let unsearched: UInt64
        /// Whether nothing personal can be left: never, for rules find what looks like it.
        package let isComplete: Bool

        /// A note of these figures.
        package init(
            replaced: [String: UInt64],
            restored: UInt64,
            broken: UInt64,
            unsearched: UInt64,
            isComplete: Bool
        ) {
            self.replaced = replaced
            self.restored = restored
            self.broken = broken
            self.unsearched = unsearched
            self.isComplete = isComplete
        }

        /// As the gateway says it.
        package var json: JSONValue {
            var kinds = JSONObject()
            for (kind, count) in replaced.sorted(by: { $0.key < $1.key }) { kinds[kind] = .count(count) }
            return [
                "replaced": .object(kinds), "restored": .count(restored), "broken": .count(broken),
                "unsearched": .count(unsearched), "complete": .bool(isComplete),
            ]
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "privacy note")
            var kinds: [String: UInt64] = [:]
            for member in fields["replaced"]?.object?.members ?? [] {
                kinds[member.key] = UInt64(clamping: member.value.integer ?? 0)
            }
            replaced = kinds
            restored = UInt64(clamping: try fields.integer("restored"))
            broken = UInt64(clamping: try fields.integer("broken"))
            unsearched = UInt64(clamping: fields["unsearched"]?.integer ?? 0)
            isComplete = fields["complete"]?.bool ?? false
        }
    }
}
