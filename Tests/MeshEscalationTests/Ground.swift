import MeshChat
import MeshCore
import MeshEscalation
import MeshSessions
import MeshTestKit

typealias SampleQuestion = Question<SampleTunnelText>

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

func instant(_ seconds: Int64) -> Instant { .origin + .seconds(seconds) }

extension ChatUsage {
    static let sample = ChatUsage(inputTokens: 12, outputTokens: 34)
}
