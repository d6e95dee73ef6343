import MeshChat
import MeshCore
import MeshEscalation
import MeshSessions
import MeshTestKit
import Testing

@Suite struct `What was said before a question` {
    private static let longest = Limits.Sessions.maximumMessageBytes
    private static let most = Limits.Escalation.maximumTextBytes

    private static func turn(_ bytes: Int, _ letter: Character = "t") -> SampleQuestion.Turn {
        .init(.user, SampleTunnelText(String(repeating: letter, count: bytes)))
    }

    private static func question(
        _ history: [SampleQuestion.Turn],
        knowledgeBytes: Int = 0,
        earlier: Int = 0
    ) -> SampleQuestion {
        var question = SampleQuestion(SampleTunnelText("Why?"), maximumTokens: 64)
        question.history = history
        if knowledgeBytes > 0 { question.knowledge = [.init(text: turn(knowledgeBytes, "k").text)] }
        question.earlierTurns = earlier
        return question
    }

    @Test func `goes along whole where there is room`() {
        let question = Self.question([Self.turn(1), Self.turn(Self.longest), Self.turn(2)], earlier: 3)
        #expect(question.withFittingHistory == question)
        #expect(Self.question([]).withFittingHistory == Self.question([]))
    }

    @Test func `goes along from the newest on, as far as there is room, and the rest is counted`() {
        let turns = (0..<4).map { Self.turn(1_000, Character("\($0)")) }
        // The question's own four bytes and its knowledge leave room for two turns, to the byte.
        let exact = Self.question(turns, knowledgeBytes: Self.most - 4 - 2_000, earlier: 5).withFittingHistory
        #expect(exact.history == Array(turns[2...]) && exact.earlierTurns == 7)
        #expect(exact.textBytes == Self.most)
        let less = Self.question(turns, knowledgeBytes: Self.most - 4 - 1_999).withFittingHistory
        #expect(less.history == Array(turns[3...]) && less.earlierTurns == 3)
        let none = Self.question(turns, knowledgeBytes: Self.most).withFittingHistory
        #expect(none.history.isEmpty && none.earlierTurns == 4)
    }

    @Test func `ends before a turn that is too long by its originals, and skips none`() {
        let turns = [Self.turn(1, "a"), Self.turn(Self.longest + 1, "b"), Self.turn(2, "c"), Self.turn(3, "d")]
        let fitting = Self.question(turns).withFittingHistory
        #expect(fitting.history == Array(turns[2...]), "what came before is not shown without what follows it")
        #expect(fitting.earlierTurns == 2)
        let newest = Self.question([Self.turn(1), Self.turn(Self.longest + 1)]).withFittingHistory
        #expect(newest.history.isEmpty && newest.earlierTurns == 2)
    }
}
