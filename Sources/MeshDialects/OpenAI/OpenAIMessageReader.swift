internal import MeshChat
internal import MeshCore
internal import MeshJSON

/// Reads the messages of a request, of which OpenAI has four kinds and we have two.
enum OpenAIMessageReader {
    /// Adds one message to `request`; what the system says goes before all else, wherever it stood.
    static func read(_ message: RequestField, into request: inout ChatRequest) throws(ChatError) {
        let role = try message.required("role")
        switch try role.text() {
        case "system", "developer": request.system += try parts(message.required("content"))
        case "user": request.messages.append(ChatMessage(.user, try parts(message.required("content"))))
        case "assistant": request.messages.append(ChatMessage(.assistant, try assistantParts(message)))
        case "tool": add(try toolResult(message), to: &request)
        case "function": throw role.unsupported("role tool takes its place")
        default: throw role.wrong("must be system, developer, user, assistant or tool")
        }
    }

    /// What tools said one after the other is one turn.
    private static func add(_ result: ChatPart, to request: inout ChatRequest) {
        let isTurnOfTools = request.messages.last.map { last in
            last.role == .user
                && last.parts.allSatisfy { if case .toolResult = $0.content { true } else { false } }
        }
        if isTurnOfTools == true, let index = request.messages.indices.last {
            request.messages[index].parts.append(result)
        } else {
            request.messages.append(ChatMessage(.user, [result]))
        }
    }

    private static func toolResult(_ message: RequestField) throws(ChatError) -> ChatPart {
        let id = try message.required("tool_call_id").text()
        return ChatPart(.toolResult(ToolResult(id: id, parts: try parts(message.required("content")))))
    }

    private static func assistantParts(_ message: RequestField) throws(ChatError) -> [ChatPart] {
        var parts: [ChatPart] = []
        if let content = message["content"] { parts += try self.parts(content) }
        if let refusal = try message["refusal"]?.text(), !refusal.isEmpty { parts.append(.text(refusal)) }
        if let calls = message["tool_calls"] {
            for call in try calls.elements(upTo: Limits.Dialects.maximumParts) {
                guard try call["type"]?.text() ?? "function" == "function" else {
                    throw call.unsupported("only tools of type function are called")
                }
                let function = try call.required("function")
                let use = ToolUse(
                    id: try call.required("id").text(),
                    name: try function.required("name").text(),
                    arguments: try function["arguments"]?.text() ?? ""
                )
                parts.append(ChatPart(.toolUse(use)))
            }
        }
        return parts
    }

    /// Text is one part, unless it is empty; a list is its parts.
    private static func parts(_ content: RequestField) throws(ChatError) -> [ChatPart] {
        if let text = content.value.text { return text.isEmpty ? [] : [.text(text)] }
        var parts: [ChatPart] = []
        for part in try content.elements(upTo: Limits.Dialects.maximumParts) {
            let type = try part.required("type")
            switch try type.text() {
            case "text": parts.append(.text(try part.required("text").text()))
            case "refusal": parts.append(.text(try part.required("refusal").text()))
            case "image_url": parts.append(ChatPart(.image(try image(part.required("image_url")))))
            default: throw type.unsupported("a part is text or an image")
            }
        }
        return parts
    }

    private static func image(_ field: RequestField) throws(ChatError) -> ChatImage {
        let url = try field.required("url")
        guard let image = ChatImage(url: try url.text()) else {
            throw url.wrong("must be https:, http: or data: with base64")
        }
        return image
    }
}

extension ChatImage {
    /// The image at `url`, or the one in it; nil for any other scheme.
    init?(url: String) {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        switch scheme {
        case "http", "https": self = .remote(url: url)
        case "data":
            let rest = url.dropFirst(5)
            let head = rest.prefix { $0 != "," }
            guard head.endIndex < rest.endIndex, head.hasSuffix(";base64") else { return nil }
            self = .inline(type: String(head.dropLast(7)), base64: String(rest[head.endIndex...].dropFirst()))
        default: return nil
        }
    }

    /// As one URL.
    var url: String {
        switch self {
        case .inline(let type, let base64): "data:\(type);base64,\(base64)"
        case .remote(let url): url
        }
    }
}
