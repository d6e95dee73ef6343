import MeshChat
import MeshCore
import MeshDialects
import MeshJSON

/// Requests and answers for tests, made by chance.
struct DialectSamples {
    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func number(below bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }

    mutating func isTrue() -> Bool { generator.next() % 2 == 0 }

    mutating func text() -> String {
        let words = [
            "hello", "é", "🦊🇨🇭", "\"quoted\"", "back\\slash", "line\nend", "\u{2028}", "\u{7F}", " ", "{}", "日本",
        ]
        return (0...number(below: 4)).map { _ in words[number(below: words.count)] }.joined(separator: " ")
    }

    mutating func reply() -> ChatReply {
        var parts: [ChatPart] = []
        for index in 0..<number(below: 5) {
            switch number(below: 3) {
            case 0: if parts.last?.text == nil { parts.append(.text(text())) }
            default:
                let arguments = JSONWriter.text(of: ["word": .string(text()), "count": .integer(Int64(index))])
                parts.append(ChatPart(.toolUse(ToolUse(id: "call_\(index)", name: "tool", arguments: arguments))))
            }
        }
        let usesTools = parts.contains { $0.text == nil }
        let reasons: [StopReason] = [.endOfTurn, .maximumTokens, .refusal]
        return ChatReply(
            start: ChatStart(id: "", model: "m"),
            parts: parts,
            stopReason: usesTools ? .toolUse : reasons[number(below: reasons.count)],
            usage: ChatUsage(
                inputTokens: number(below: 1_000),
                cacheReadTokens: number(below: 1_000),
                cacheWriteTokens: number(below: 1_000),
                outputTokens: 1 + number(below: 1_000)
            )
        )
    }

    /// A request that both dialects can say.
    mutating func request() -> ChatRequest {
        var request = ChatRequest(model: "m", messages: [])
        if isTrue() { request.system = [.text(text())] }
        for turn in 0...number(below: 3) {
            request.messages.append(ChatMessage(.user, userParts()))
            let isCall = isTrue()
            let use = ToolUse(id: "call_\(turn)", name: "tool", arguments: "{\"a\":\(turn)}")
            let parts: [ChatPart] = isCall ? [.text(text()), ChatPart(.toolUse(use))] : [.text(text())]
            request.messages.append(ChatMessage(.assistant, parts))
            if isCall {
                let result = ToolResult(id: "call_\(turn)", parts: [.text(text())])
                request.messages.append(ChatMessage(.user, [ChatPart(.toolResult(result))]))
                request.messages.append(ChatMessage(.assistant, [.text(text())]))
            }
        }
        request.messages.append(ChatMessage(.user, userParts()))
        if isTrue() {
            request.tools = [
                ChatTool(name: "tool", description: text(), schema: ["type": "object"], isStrict: isTrue())
            ]
            let choices: [ToolChoice] = [.automatic, .none, .required, .named("tool")]
            request.toolChoice = choices[number(below: choices.count)]
            request.allowsParallelTools = request.toolChoice == .none || isTrue()
        }
        request.maximumOutputTokens = 1 + number(below: 1_000)
        if isTrue() { request.sampling.temperature = 0.5 }
        if isTrue() { request.sampling.topP = 0.25 }
        if isTrue() { request.stopSequences = ["a", "b"] }
        if isTrue() { request.format = .jsonSchema(name: "answer", schema: ["type": "object"], isStrict: true) }
        request.isStreamed = isTrue()
        request.wantsUsage = request.isStreamed
        return request
    }

    private mutating func userParts() -> [ChatPart] {
        guard isTrue() else { return [.text(text())] }
        let image: ChatImage =
            isTrue() ? .inline(type: "image/png", base64: "AAAA") : .remote(url: "https://example.org/a.png")
        return [.text(text()), ChatPart(.image(image))]
    }
}

/// The head of answers in tests.
let sampleHead = AnswerHead(
    id: UniqueID(high: 1, low: 2),
    created: WallTime(millisecondsSince1970: 1_700_000_000_000),
    model: "m"
)
