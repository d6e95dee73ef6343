internal import MeshChat
internal import MeshJSON

/// What Anthropic has said of usage so far: what is said later takes the place of what was said before, and is never
/// added to it.
struct ReportedUsage {
    private var counts: [String: Int] = [:]

    mutating func take(_ usage: JSONValue?) {
        guard let usage, usage.object != nil else { return }
        for key in Self.keys {
            guard let value = usage[key], value != .null else { continue }
            counts[key] = value.count
        }
        if let kept = usage["cache_creation"], kept.object != nil {
            counts[Self.long] = kept["ephemeral_1h_input_tokens"]?.count ?? 0
        }
        if let thought = usage["output_tokens_details"]?["thinking_tokens"] { counts[Self.thought] = thought.count }
    }

    /// All of it; nil where nothing was said of the prompt, for there is always one.
    var total: ChatUsage? {
        let written = max(0, counts["cache_creation_input_tokens"] ?? 0)
        let long = min(written, max(0, counts[Self.long] ?? 0))
        let usage = ChatUsage(
            inputTokens: counts["input_tokens"] ?? 0,
            cacheReadTokens: counts["cache_read_input_tokens"] ?? 0,
            cacheWriteTokens: written - long,
            longCacheWriteTokens: long,
            outputTokens: counts["output_tokens"] ?? 0,
            reasoningTokens: counts[Self.thought] ?? 0
        )
        return usage.promptTokens > 0 ? usage : nil
    }

    private static let keys = [
        "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens",
    ]
    private static let long = "ephemeral_1h_input_tokens"
    private static let thought = "thinking_tokens"
}
