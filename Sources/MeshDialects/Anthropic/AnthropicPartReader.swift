internal import MeshChat
internal import MeshCore
internal import MeshJSON

/// Reads the blocks of Anthropic's messages.
enum AnthropicPartReader {
    /// Where a block stands, which decides what it may be.
    enum Place {
        case system
        case user
        case assistant
        case toolResult
    }

    /// The parts in `content`, which is text or a list of blocks.
    static func parts(_ content: RequestField, in place: Place) throws(ChatError) -> [ChatPart] {
        if let text = content.value.text { return text.isEmpty ? [] : [.text(text)] }
        var parts: [ChatPart] = []
        for block in try content.elements(upTo: Limits.Dialects.maximumParts) {
            parts.append(ChatPart(try self.content(of: block, in: place), cached: try cached(block)))
        }
        return parts
    }

    /// How long a provider shall keep everything up to this block ready.
    static func cached(_ block: RequestField) throws(ChatError) -> CacheTime? {
        guard let control = block["cache_control"] else { return nil }
        return try control["ttl"]?.text() == "1h" ? .oneHour : .fiveMinutes
    }

    private static func content(of block: RequestField, in place: Place) throws(ChatError) -> ChatPart.Content {
        let type = try block.required("type")
        switch (try type.text(), place) {
        case ("text", _): return .text(try block.required("text").text())
        case ("image", .user), ("image", .toolResult): return .image(try image(block.required("source")))
        case ("tool_use", .assistant):
            return .toolUse(
                ToolUse(
                    id: try block.required("id").text(),
                    name: try block.required("name").text(),
                    arguments: JSONWriter.text(of: .object(try block.required("input").object()))
                )
            )
        case ("tool_result", .user):
            return .toolResult(
                ToolResult(
                    id: try block.required("tool_use_id").text(),
                    parts: try block["content"].map { field throws(ChatError) in
                        try parts(field, in: .toolResult)
                    } ?? [],
                    isError: try block["is_error"]?.bool() ?? false
                )
            )
        case ("thinking", .assistant):
            let text = try block.required("thinking").text()
            return .thinking(.open(text: text, signature: try block["signature"]?.text() ?? ""))
        case ("redacted_thinking", .assistant): return .thinking(.sealed(try block.required("data").text()))
        default: throw type.unsupported("such a block is not carried here")
        }
    }

    private static func image(_ source: RequestField) throws(ChatError) -> ChatImage {
        let type = try source.required("type")
        switch try type.text() {
        case "base64":
            return .inline(
                type: try source.required("media_type").text(),
                base64: try source.required("data").text()
            )
        case "url":
            let url = try source.required("url")
            guard let image = ChatImage(url: try url.text()), case .remote = image else {
                throw url.wrong("must be https: or http:")
            }
            return image
        default: throw type.unsupported("an image is base64 or a URL")
        }
    }
}
