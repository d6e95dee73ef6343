import MeshActors
import MeshChat
import MeshCore
import MeshJSON
import MeshSessions
import MeshTestKit
import MeshWire
import Testing

@Suite struct `The bounds of a session` {
    private func text(_ count: Int) -> String { String(repeating: "x", count: count) }

    @Test func `a message that is too long is refused, and an answer is cut and says so`() throws {
        var ground = try madeSession()
        let limit = Limits.Sessions.maximumMessageBytes
        try ground.ask(text(limit), 1)
        #expect(throws: SessionRefusal.tooLarge) { try ground.ask(text(limit + 1), 2) }
        #expect(throws: SessionRefusal.empty) { try ground.ask("", 2) }
        try ground.answer(text(limit) + "é", 1)
        let answer = try #require(ground.value.messages.last)
        #expect(answer.isCut && answer.text.utf8.count == limit)
        #expect(ground.value.messages[0].isCut == false)
    }

    @Test func `beyond the number of messages the oldest is forgotten and counted`() throws {
        var ground = try madeSession()
        for number in 1...UInt64(Limits.Sessions.maximumMessages) + 3 { try ground.ask("m\(number)", number) }
        #expect(ground.value.messages.count == Limits.Sessions.maximumMessages)
        #expect(ground.value.forgotten == 3 && ground.value.messages[0].text == "m4")
        #expect(try ground.perform(Session.Show()).forgotten == 3)
        #expect(try ground.survives())
    }

    @Test func `beyond the bytes of a session the oldest messages are forgotten`() throws {
        var ground = try madeSession()
        let fitting = Limits.Sessions.maximumSessionBytes / Limits.Sessions.maximumMessageBytes
        for number in 1...UInt64(fitting) + 2 { try ground.ask(text(Limits.Sessions.maximumMessageBytes), number) }
        #expect(ground.value.messages.count == fitting && ground.value.forgotten == 2)
        #expect(ground.value.bytes == Limits.Sessions.maximumSessionBytes)
        #expect(ground.value.wireBytes.count < Limits.Journal.maximumSnapshotBytes)
    }

    @Test func `of answered runs the latest are known`() throws {
        var ground = try madeSession()
        let most = UInt64(Limits.Sessions.maximumAnsweredRuns)
        for number in 1...most + 1 {
            try ground.ask("q", number)
            try ground.answer("a", number)
        }
        #expect(ground.value.answers.count == Int(most) && ground.value.answers[0].run == run(2))
    }

    @Test func `a context beyond a bound is refused, part by part and as a whole`() throws {
        func change(_ value: JSONValue) throws -> SessionContextChange {
            try SessionContextChange(json: JSONField(value))
        }
        func list(_ count: Int, _ bytes: Int) -> JSONValue { .array((0..<count).map { _ in .string(text(bytes)) }) }
        let framing = Limits.Sessions.maximumFramingBytes
        _ = try change(["pathos_framing": .string(text(framing))])
        #expect(throws: JSONFieldError.self) { try change(["pathos_framing": .string(text(framing + 1))]) }
        let rule = Limits.Sessions.maximumConstraintBytes
        _ = try change(["constraints": list(Limits.Sessions.maximumConstraints, rule)])
        #expect(throws: JSONFieldError.self) { try change(["constraints": list(1, rule + 1)]) }
        #expect(throws: JSONFieldError.self) {
            try change(["constraints": list(Limits.Sessions.maximumConstraints + 1, 1)])
        }
        let piece = Limits.Sessions.maximumKnowledgeBytes
        _ = try change(["local_knowledge": list(2, piece)])
        #expect(throws: JSONFieldError.self) { try change(["local_knowledge": list(1, piece + 1)]) }
        #expect(throws: JSONFieldError.self) {
            try change(["local_knowledge": list(Limits.Sessions.maximumKnowledgePieces + 1, 1)])
        }
        let name = JSONValue.string(text(Limits.Sessions.maximumKnowledgeNameBytes + 1))
        #expect(throws: JSONFieldError.self) { try change(["local_knowledge": [["name": name, "text": "a"]]]) }
        #expect(3 * piece > Limits.Sessions.maximumContextBytes)
        #expect(throws: JSONFieldError.self) { try change(["local_knowledge": list(3, piece)]) }
        // What fits by itself may be too much together with what is there.
        var ground = try madeSession()
        try ground.perform(Session.UpdateContext(try change(["local_knowledge": list(2, piece)])))
        let constraints = try change(["constraints": list(Limits.Sessions.maximumConstraints, rule)])
        #expect(throws: SessionRefusal.tooLarge) { try ground.perform(Session.UpdateContext(constraints)) }
        // And all of it is one actor's answer.
        #expect(try ground.perform(Session.Show()).wireBytes.count < Limits.Journal.maximumAnswerBytes)
    }

    @Test func `a model has a short name`() throws {
        var ground = try madeSession()
        try ground.perform(Session.PreferModel(text(Limits.Sessions.maximumModelBytes)))
        let command = Session.PreferModel(text(Limits.Sessions.maximumModelBytes + 1))
        #expect(throws: WireError.self) { try Session.PreferModel(wireBytes: command.wireBytes) }
        #expect(throws: SessionRefusal.empty) { try ground.perform(Session.PreferModel("")) }
    }

    @Test func `pages hold so many messages, and so many bytes`() throws {
        var ground = try madeSession()
        for number in 1...UInt64(Limits.Sessions.maximumPage) + 5 { try ground.ask("q\(number)", number) }
        let first = try ground.perform(Session.Messages())
        #expect(first.messages.count == Limits.Sessions.maximumPage && first.hasMore)
        let second = try ground.perform(Session.Messages(after: first.messages.last?.number))
        #expect(second.messages.map(\.text) == (101...105).map { "q\($0)" } && !second.hasMore)
        // What follows a message that is gone is asked for from the beginning.
        #expect(try ground.perform(Session.Messages(after: 9_999)).messages.first?.text == "q1")

        var long = try madeSession()
        let half = Limits.Sessions.maximumPageBytes / 2
        for number in 1...3 as ClosedRange<UInt64> { try long.ask(text(half), number) }
        try long.ask(text(Limits.Sessions.maximumMessageBytes), 4)
        let page = try long.perform(Session.Messages())
        #expect(page.messages.count == 2 && page.hasMore)
        #expect(try long.perform(Session.Messages(after: 3)).messages.count == 1)
        #expect(page.wireBytes.count < Limits.Journal.maximumAnswerBytes)
    }
}

@Suite struct `The title of a session` {
    @Test(arguments: [
        ("Where is Rome?", "Where is Rome?"),
        ("\n\n  ## Where   is\tRome?  \nAnd Paris?", "Where is Rome?"),
        ("Plan a trip to Rome. It should be cheap, and by train.", "Plan a trip to Rome."),
        ("> - * Tell PERSON_Q7K4M2 that I am late", "Tell PERSON_Q7K4M2 that I am late"),
        ("e.g. this is no end of a sentence", "e.g. this is no end of a sentence"),
        (
            "A question that goes on and on without an end so that nobody could show it in a list",
            "A question that goes on and on without an end so that…"
        ),
        (String(repeating: "x", count: 200), String(repeating: "x", count: 59) + "…"),
        ("in\u{202E}visible\u{7} things", "in visible things"),
        (String(repeating: "x", count: 60) + " y", String(repeating: "x", count: 59) + "…"),
    ])
    func `is the beginning of the first question`(_ text: String, _ title: String) {
        #expect(SessionTitle.title(of: text) == title)
    }

    @Test(arguments: ["", "   \n\t\n", "###\n---"]) func `is none where nothing is said`(_ text: String) {
        #expect(SessionTitle.title(of: text) == nil)
    }

    @Test func `has a bounded number of characters and bytes`() throws {
        let family = "👨‍👩‍👧‍👦"
        for text in [String(repeating: "ab ", count: 99), String(repeating: family, count: 99)] {
            let title = try #require(SessionTitle.title(of: text))
            #expect(title.count <= Limits.Sessions.maximumTitleCharacters)
            #expect(title.utf8.count <= Limits.Sessions.maximumTitleBytes)
        }
    }

    @Test func `comes from the first question, not from what an assistant says, and stays`() throws {
        var ground = try madeSession()
        try ground.perform(Session.AddMessage(role: .assistant, text: "Welcome.", isRedacted: false))
        #expect(ground.value.title == nil)
        try ground.ask("Where is Rome?", 1)
        try ground.ask("And Paris?", 2)
        #expect(try ground.perform(Session.Show()).title == "Where is Rome?")
    }
}
