package import MeshJSON

/// What a node says at the end of an answer; what it does not say is nil.
package struct AnswerEnd: Hashable, Sendable {
    /// The model that has answered.
    package let model: String?
    /// Why the answer is over.
    package let stopReason: String?
    /// Tokens that were read.
    package let inputTokens: Int64?
    /// Tokens that were said.
    package let outputTokens: Int64?
    /// Whether nobody has counted these.
    package let isEstimated: Bool
    /// What it costs, in words.
    package let cost: String?
    /// What of that is a fee, and out of what it was paid, in words; nil where nobody charges.
    package let charge: String?
    /// What was replaced in the question, how many pieces of each kind; nil where nothing is redacted.
    package let replaced: [String: Int64]?
    /// How many placeholders of the answer were put back.
    package let restored: Int64
    /// How many stay because the model has changed them.
    package let broken: Int64
    /// Bytes of the answer, to compare.
    package let length: Int64?
    /// As it came.
    package let json: JSONValue

    /// The end that `json` tells.
    package init(_ json: JSONValue) {
        self.json = json
        model = json["model"]?.text
        stopReason = json["stop_reason"]?.text
        inputTokens = json["usage"]?["input_tokens"]?.integer
        outputTokens = json["usage"]?["output_tokens"]?.integer
        isEstimated = json["usage"]?["estimated"]?.bool ?? false
        cost = json["cost"]?["display"]?.text
        charge = json["cost"].flatMap { Self.charge($0) }
        let privacy = json["privacy"]
        replaced = privacy?["replaced"]?.object.map { object in
            object.members.reduce(into: [:]) { $0[$1.key] = $1.value.integer ?? 0 }
        }
        restored = privacy?["restored"]?.integer ?? 0
        broken = privacy?["broken"]?.integer ?? 0
        length = json["length"]?.integer
    }

    /// `$0.0105 upstream + $0.000315 fee, metered`: sources that gave nothing are left out.
    private static func charge(_ cost: JSONValue) -> String? {
        guard let upstream = cost["upstream_cost"]?.text, let fee = cost["fee"]?.text else { return nil }
        let sources = cost["funded_by"]?.object?.members.filter { $0.value.text != "$0.00" }.map(\.key) ?? []
        let funded = sources.isEmpty ? "" : ", \(sources.joined(separator: " and "))"
        return "\(upstream) upstream + \(fee) fee\(funded)"
    }

    /// The end with the words of the answer, as programs read it.
    package func json(content: String) -> JSONValue {
        guard var object = json.object else { return json }
        object["content"] = .string(content)
        object["length"] = nil
        return .object(object)
    }

    /// All in a line: who has answered, with how many tokens, for how much, and what the privacy proxy did.
    package var summary: String {
        var parts: [String] = []
        if let model { parts.append(model) }
        if let inputTokens { parts.append("\(isEstimated ? "about " : "")\(inputTokens) tokens in") }
        if let outputTokens { parts.append("\(outputTokens) out") }
        if let cost { parts.append(charge.map { "\(cost) (\($0))" } ?? cost) }
        if let replaced {
            parts.append("\(replaced.values.reduce(0, +)) replaced")
            parts.append("\(restored) restored")
        }
        return parts.joined(separator: ", ")
    }

    /// What whoever reads the answer should know of it.
    package var warnings: [String] {
        var warnings: [String] = []
        if stopReason == "max_tokens" || stopReason == "length" {
            warnings.append("the answer was cut: it had as many tokens as it may have (--max-tokens)")
        }
        if broken == 1 {
            warnings.append("a placeholder came back changed and stays: nobody guesses what it stood for")
        }
        if broken > 1 {
            warnings.append("\(broken) placeholders came back changed and stay: nobody guesses what they stood for")
        }
        return warnings
    }
}
