import MeshActors
import MeshChat
import MeshCore
import MeshJSON
import MeshSessions
import MeshTestKit
import MeshWire
import Testing

@Suite struct `A session` {
    @Test func `is made once, and keeps what it was made with`() throws {
        var ground = JournalGround<Session>(key: "acme//trip")
        #expect(throws: SessionRefusal.notFound) { try ground.perform(Session.Show()) }
        #expect(throws: SessionRefusal.notFound) { try ground.ask("hello", 1) }
        let context = SessionContext(framing: "a holiday", constraints: ["be brief"])
        let head = try ground.perform(Session.Create(model: "opus", context: context))
        #expect(head.model == "opus" && head.context == context && head.created == ground.now)
        #expect(try ground.perform(Session.Create(model: "sonnet")) == head)
        #expect(ground.journal.count == 1)
        #expect(try ground.survives())
    }

    @Test func `appends an answer behind the question of its run, and once`() throws {
        var ground = try madeSession()
        try ground.ask("Where is PERSON_Q7K4M2?", 1)
        try ground.ask("And when?", 2)
        let number = try ground.answer("In Rome.", 1)
        #expect(try ground.answer("In Rome.", 1) == number)
        try ground.answer("In May.", 2)
        #expect(ground.value.messages.map(\.text) == ["Where is PERSON_Q7K4M2?", "In Rome.", "And when?", "In May."])
        #expect(ground.value.messages.map(\.number) == [1, 3, 2, 4])
        #expect(throws: SessionRefusal.conflict) { try ground.answer("In Paris.", 1) }
        #expect(throws: SessionRefusal.noQuestion) { try ground.answer("Hm.", 3) }
        #expect(ground.value.messages[1].tokens == MessageTokens(input: 3, output: 5))
        #expect(try ground.survives())
    }

    @Test func `takes a question of a run once, and no other question of it`() throws {
        var ground = try madeSession()
        let number = try ground.ask("Where?", 1)
        #expect(try ground.ask("Where?", 1) == number)
        #expect(throws: SessionRefusal.conflict) { try ground.ask("When?", 1) }
        #expect(ground.value.messages.count == 1)
    }

    @Test func `an answer that comes after its question was cleared is not appended, and one that was there is known`()
        throws
    {
        var ground = try madeSession()
        try ground.ask("Where?", 1)
        try ground.ask("When?", 2)
        let number = try ground.answer("There.", 1)
        try ground.perform(Session.Clear())
        #expect(throws: SessionRefusal.noQuestion) { try ground.answer("Then.", 2) }
        #expect(try ground.answer("There.", 1) == number)
        #expect(throws: SessionRefusal.conflict) { try ground.ask("Where?", 1) }
        #expect(ground.value.messages.isEmpty)
        #expect(try ground.survives())
    }

    @Test func `clear keeps the session, its context and its model, and takes words and title`() throws {
        var ground = try madeSession(model: "opus")
        var change = SessionContextChange()
        change.framing = .set("a holiday")
        try ground.perform(Session.UpdateContext(change))
        try ground.ask("Where?", 1)
        try ground.perform(Session.Clear())
        let head = try ground.perform(Session.Show())
        #expect(head.title == nil && head.messages == 0 && head.model == "opus" && head.context.framing == "a holiday")
        let before = ground.journal.count
        try ground.perform(Session.Clear())
        #expect(ground.journal.count == before)
        // Numbers are not used again, and the next question gives the title.
        #expect(try ground.ask("How much is it?", 2) == 2)
        #expect(ground.value.title == "How much is it?")
    }

    @Test func `once deleted holds nothing and is never made again`() throws {
        var ground = try madeSession()
        try ground.ask("Where?", 1)
        try ground.perform(Session.Delete())
        try ground.perform(Session.Delete())
        #expect(ground.journal.count == 3)
        #expect(throws: SessionRefusal.deleted) { try ground.perform(Session.Create()) }
        #expect(throws: SessionRefusal.deleted) { try ground.answer("There.", 1) }
        #expect(ground.value.messages.isEmpty && ground.value.context.isEmpty && ground.value.title == nil)
        #expect(!ground.value.wireBytes.contains(subsequence: Array("Where".utf8)))
        #expect(try ground.survives())
    }

    @Test func `context changes part by part, and null empties a part`() throws {
        var ground = try madeSession()
        func update(_ json: String) throws {
            try ground.perform(Session.UpdateContext(SessionContextChange(json: JSONField(try JSONReader.read(json)))))
        }
        try update(#"{"pathos_framing": "x", "local_knowledge": ["a", {"name": "n", "text": "b"}]}"#)
        try update(#"{"constraints": ["c"]}"#)
        #expect(ground.value.context.framing == "x")
        #expect(ground.value.context.knowledge == [KnowledgePiece(text: "a"), KnowledgePiece(name: "n", text: "b")])
        #expect(ground.value.context.constraints == ["c"])
        try update(#"{"pathos_framing": null, "local_knowledge": []}"#)
        #expect(ground.value.context == SessionContext(constraints: ["c"]))
        #expect(try ground.survives())
    }

    @Test(arguments: [
        (#"{"pathos_framing": 3}"#, "pathos_framing"), (#"{"pathos_framing": ""}"#, "pathos_framing"),
        (#"{"constraint": []}"#, "constraint"), (#"{"constraints": ["a", 7]}"#, "constraints[1]"),
        (#"{"local_knowledge": [{"text": "a"}, {"name": "n"}]}"#, "local_knowledge[1].text"),
        (#"{"local_knowledge": [{"text": "a", "url": "u"}]}"#, "local_knowledge[0].url"), ("[]", ""),
    ])
    func `a context that is wrong is refused by the name of its field`(_ json: String, _ path: String) throws {
        let field = JSONField(try JSONReader.read(json))
        let error = #expect(throws: JSONFieldError.self) { try SessionContextChange(json: field) }
        #expect(error?.path == path)
    }

    @Test func `its time never goes back`() throws {
        var ground = try madeSession()
        let made = ground.now
        ground.pass(.seconds(-3_600))
        try ground.ask("Where?", 1)
        #expect(ground.value.updated == made && ground.value.messages[0].created == made)
        ground.pass(.seconds(7_200))
        try ground.perform(Session.PreferModel("opus"))
        #expect(ground.value.updated == ground.now)
    }

    @Test func `any history of commands replays to the same value`() throws {
        for seed in 0..<40 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var ground = try madeSession()
            for _ in 0..<120 {
                let number = UInt64(generator.integer(below: 20))
                switch generator.integer(below: 12) {
                case 0...4: _ = try? ground.ask("question \(number)", number)
                case 5...8: _ = try? ground.answer("answer \(number)", number)
                case 9: _ = try? ground.perform(Session.PreferModel("m\(number)"))
                case 10: if generator.chance(1, in: 4) { try ground.perform(Session.Clear()) }
                default:
                    guard let told = ground.value.pendingEffects.first else { continue }
                    try ground.perform(Session.IndexTold(position: told.position))
                }
                // An answer stands right behind its question, and each is there once.
                for (index, message) in ground.value.messages.enumerated() where message.role == .assistant {
                    #expect(ground.value.messages[index - 1].run == message.run, "seed \(seed)")
                }
                let numbers = ground.value.messages.map(\.number)
                #expect(Set(numbers).count == numbers.count, "seed \(seed)")
            }
            #expect(try ground.survives(), "seed \(seed)")
        }
    }

    @Test(arguments: [StopReason.maximumTokens, .refusal, nil])
    func `an answer is kept with why it was over, where that is known`(reason: StopReason?) throws {
        var ground = try madeSession()
        try ground.ask("Why?", 1)
        let answer = Session.AppendAnswer(
            run: run(1),
            text: "No.",
            model: "tiny",
            tokens: nil,
            isRedacted: true,
            stopReason: reason
        )
        try ground.perform(try Session.AppendAnswer(wireBytes: answer.wireBytes))
        let said = try #require(ground.value.messages.last)
        #expect(said.stopReason == reason)
        #expect(try SessionMessage(wireBytes: said.wireBytes) == said)
        for number in UInt64(0)...6 { #expect(StopReason(number: number)?.number == number) }
        #expect(StopReason(number: 7) == nil)
    }
}

extension [UInt8] {
    func contains(subsequence: [UInt8]) -> Bool {
        guard count >= subsequence.count else { return false }
        return (0...count - subsequence.count).contains { self[$0..<$0 + subsequence.count].elementsEqual(subsequence) }
    }
}
