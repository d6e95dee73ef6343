import MeshCommands
import MeshCore
import MeshJSON
import Testing

@Suite struct `A wait for an answer` {
    @Test func `is told once while nothing has come`() {
        let wait = AnswerWait()
        #expect(wait.sayOnce() == "waiting for the hub…")
        #expect(wait.sayOnce() == nil)
    }

    @Test func `is for the model once somebody has the question`() {
        let wait = AnswerWait()
        wait.take(.started(.null))
        #expect(wait.sayOnce() == "waiting for the model…")
        wait.take(.started(.null))
        #expect(wait.sayOnce() == nil)
    }

    @Test(arguments: [AnswerEvent.words("a"), .thinking("hm"), .ended(AnswerEnd(.null)), .failed(.null)])
    func `is not told where something has come`(event: AnswerEvent) {
        let wait = AnswerWait()
        wait.take(.started(.null))
        wait.take(event)
        #expect(wait.sayOnce() == nil)
        wait.take(.started(.null))
        #expect(wait.sayOnce() == nil)
    }

    @Test func `is short beside what a link may be silent`() {
        #expect(Limits.Commands.patienceWithoutWord < .seconds(5))
    }
}
