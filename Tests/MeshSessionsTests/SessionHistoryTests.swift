import MeshActors
import MeshChat
import MeshCore
import MeshSessions
import MeshTestKit
import MeshWire
import Testing

@Suite struct `What a prompt repeats of a session` {
    private func talk(_ pairs: Int, bytes: Int = 40) throws -> JournalGround<Session> {
        var ground = try madeSession()
        for number in 1...UInt64(pairs) {
            try ground.ask("q\(number) " + String(repeating: "x", count: bytes), number)
            try ground.answer("a\(number)", number)
        }
        return ground
    }

    @Test func `is the newest that fits, in whole pairs`() throws {
        let ground = try talk(5)
        let messages = ground.value.messages
        let pair = messages[8].likelyTokens + messages[9].likelyTokens
        for (tokens, count) in [(0, 0), (pair - 1, 0), (pair, 2), (2 * pair, 4), (100 * pair, 10)] {
            let said = SessionHistory.fitting(messages, tokens: tokens)
            #expect(said == Array(messages.suffix(count)))
            #expect(said.reduce(0) { $0 + $1.likelyTokens } <= tokens)
        }
    }

    @Test func `leaves out questions without an answer, and the one that is about to be asked`() throws {
        var ground = try talk(2)
        try ground.ask("never answered", 7)
        try ground.ask("answered", 8)
        try ground.answer("yes", 8)
        try ground.ask("now", 9)
        let page = try ground.perform(Session.History(tokens: 10_000, before: run(9)))
        #expect(page.messages.map(\.text).suffix(2) == ["answered", "yes"])
        #expect(page.messages.count == 6)
        // What comes behind the question is not its history.
        try ground.ask("later", 10)
        try ground.answer("later too", 10)
        #expect(try ground.perform(Session.History(tokens: 10_000, before: run(9))) == page)
    }

    @Test func `says how much more there was that did not fit`() throws {
        var ground = try talk(5)
        let pair = ground.value.messages.suffix(2).reduce(0) { $0 + $1.likelyTokens }
        for (tokens, earlier) in [(0, 10), (pair, 8), (100 * pair, 0)] {
            let page = try ground.perform(Session.History(tokens: UInt64(tokens)))
            #expect(page.earlier == UInt64(earlier) && page.messages.count == 10 - earlier)
            #expect(try SessionPage(wireBytes: page.wireBytes) == page)
        }
    }

    @Test func `takes turns, whatever was said`() throws {
        for seed in 0..<30 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var ground = try madeSession()
            for number in 1...40 as ClosedRange<UInt64> {
                switch generator.integer(below: 3) {
                case 0: try ground.ask("q\(number)", number)
                case 1: _ = try? ground.answer("a", number - 1)
                default: try ground.perform(Session.AddMessage(role: .assistant, text: "hm", isRedacted: false))
                }
            }
            let said = SessionHistory.fitting(ground.value.messages, tokens: generator.integer(below: 200))
            for (index, message) in said.enumerated() {
                #expect(message.role == (index % 2 == 0 ? .user : .assistant), "seed \(seed)")
            }
        }
    }

    @Test func `fits an actor's answer, however many tokens are allowed`() throws {
        let many = try talk(Limits.Sessions.maximumPage)
        #expect(SessionHistory.fitting(many.value.messages, tokens: .max).count == Limits.Sessions.maximumPage)
        let long = try talk(4, bytes: Limits.Sessions.maximumPageBytes / 2)
        #expect(SessionHistory.fitting(long.value.messages, tokens: .max).count == 2)
    }
}
