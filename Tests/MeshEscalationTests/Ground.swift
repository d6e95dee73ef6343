import MeshChat
import MeshCore
import MeshEscalation
import MeshJSON
import MeshSessions
import MeshTestKit

typealias SampleQuestion = Question<SampleTunnelText>
typealias SampleAsk = EscalatedAsk<SampleTunnelText, SampleTunnelChat>
typealias SampleOpening = EscalationOpening<SampleTunnelText, SampleTunnelChat>

func run(_ number: UInt64) -> UniqueID { UniqueID(high: number, low: 0x8000_0000_0000_0000) }

/// A question with something in every field.
func wholeQuestion() -> SampleQuestion {
    var question = SampleQuestion(SampleTunnelText("Where does PERSON_Q7K4M2 live?"), maximumTokens: 256)
    question.history = [.init(.user, SampleTunnelText("Hello")), .init(.assistant, SampleTunnelText("Hi"))]
    question.framing = SampleTunnelText("A letter to a friend")
    question.knowledge = [
        .init(name: SampleTunnelText("notes.md"), text: SampleTunnelText("PERSON_Q7K4M2 has moved to Rome.")),
        .init(text: SampleTunnelText("Rome is in Italy.")),
    ]
    question.constraints = [SampleTunnelText("Be brief"), SampleTunnelText("No guesses\nand no lists")]
    question.model = "opus"
    question.project = "letters"
    question.adapter = "style-7"
    return question
}

/// A chat with something in every field.
func wholeChat() -> ChatRequest {
    let tool = ToolResult(id: "i", parts: [.text("18 C"), ChatPart(.image(.remote(url: "https://x/y.png")))])
    var chat = ChatRequest(
        model: "opus",
        system: [ChatPart(.text("Be brief"), cached: .oneHour)],
        messages: [
            ChatMessage(.user, [.text("Look"), ChatPart(.image(.inline(type: "image/png", base64: "AAAA")))]),
            ChatMessage(
                .assistant,
                [
                    ChatPart(.thinking(.open(text: "hm", signature: "s"))), ChatPart(.thinking(.sealed("z"))),
                    ChatPart(.toolUse(ToolUse(id: "i", name: "weather", arguments: "{}")), cached: .fiveMinutes),
                ]
            ),
            ChatMessage(.user, [ChatPart(.toolResult(tool))]),
        ]
    )
    chat.tools = [
        ChatTool(name: "weather", description: "d", schema: ["type": "object"], isStrict: true, cached: .oneHour)
    ]
    chat.toolChoice = .named("weather")
    chat.allowsParallelTools = false
    chat.maximumOutputTokens = 99
    chat.sampling.temperature = 0.5
    chat.sampling.topK = 3
    chat.sampling.seed = -7
    chat.stopSequences = ["."]
    chat.format = .jsonSchema(name: "n", schema: ["type": "object"], isStrict: true)
    chat.reasoning.isWanted = true
    chat.reasoning.effort = "low"
    chat.reasoning.maximumTokens = 5
    chat.isStreamed = true
    chat.wantsUsage = true
    chat.metadata["k"] = "v"
    chat.user = "u"
    return chat
}

func instant(_ seconds: Int64) -> Instant { .origin + .seconds(seconds) }

extension ChatUsage {
    static let sample = ChatUsage(inputTokens: 12, outputTokens: 34)
}
