import MeshChat
import MeshCore
import MeshEscalation
import MeshGateway
import MeshIdentity
import MeshRelay
import MeshSessions
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Questions that a hub is asked itself` {
    private static func call(
        _ query: String,
        id: String = "q-1",
        session: String? = nil,
        model: String? = nil,
        caller: Caller = RelayGround.caller,
        _ ground: RelayGround
    ) throws -> EscalationCall {
        var question = Question(UnredactedText(query), maximumTokens: 64)
        question.model = model
        let session = try session.map { try SessionID($0) }
        return EscalationCall(
            caller: caller,
            request: EscalationRequest(id: id, session: session, question: question),
            deadline: ground.world.clock.now + .seconds(600)
        )
    }

    @Test func `are asked of its desk under their own number, with all that goes with them`() throws {
        try RelayGround.run(seeds: 0...1) { ground in
            let questions = HubQuestions(ground.chat, sessions: ground.office)
            var call = try Self.call("Why?", ground)
            call.request.question.framing = UnredactedText("be kind")
            call.request.question.constraints = [UnredactedText("short")]
            call.request.question.knowledge = [.init(name: nil, text: UnredactedText("snow is cold"))]
            let run = try await questions.begin(call)
            let reply = try await run.collect()
            try check(reply.text == "answer 1" && run.model == "auto" && run.privacy == nil, "\(reply)")
            try check(run.run == EscalationRequest.run(of: "q-1", asker: RelayGround.caller.asker), "\(run.run)")
            try check(ground.chat.calls.withLock { $0.map(\.id) } == [run.run], "the desk knows it by its number")
            let texts = ground.chat.lastTexts.joined(separator: "\n")
            for words in ["be kind", "1. short", "snow is cold", "Why?"] { try check(texts.contains(words), words) }
            try check(try await ground.office.list(RelayGround.caller, after: nil, count: 1).entries.isEmpty, "none")
            let other = RelayGround.caller(of: "acme", key: "ci")
            let theirs = try await questions.begin(try Self.call("Why?", caller: other, ground))
            try check(theirs.run != run.run, "two askers' requests are never one")
        }
    }

    @Test func `say where they belong, and are refused where they name an adapter`() throws {
        try RelayGround.run(seeds: 0...0) { ground in
            let questions = HubQuestions(ground.chat, sessions: ground.office)
            var call = try Self.call("Why?", session: "trip", ground)
            call.request.question.project = "paper"
            _ = try await questions.begin(call).collect()
            let places = ground.chat.calls.withLock { $0.map(\.place) }
            try check(places == [CallPlace(project: "paper", session: "trip")], "\(places)")
            var other = try Self.call("Why?", id: "q-2", session: "other", ground)
            other.request.question.adapter = "legal"
            let failure = try await problem(EscalationFailure.self) { _ = try await questions.begin(other) }
            try check(failure.chat == .unknownAdapter && failure.field == "lora_id", "\(failure)")
            let sessions = try await ground.office.list(RelayGround.caller, after: nil, count: 9).entries.map(\.id.text)
            try check(sessions == ["trip"] && ground.chat.calls.withLock { $0.count } == 1, "\(sessions)")
        }
    }

    @Test func `go on with their session, which has the answer before its end is told`() throws {
        try RelayGround.run { ground in
            let questions = HubQuestions(ground.chat, sessions: ground.office)
            let (office, me, trip) = (ground.office, RelayGround.caller, try SessionID("trip"))
            var change = SessionContextChange()
            change.framing = .set("be kind")
            try await office.update(change, of: trip, me)
            try await office.prefer("tiny", in: trip, me)
            for number in 1...3 {
                let call = try Self.call("question \(number)", id: "q-\(number)", session: "trip", ground)
                let run = try await questions.begin(call)
                try check(run.model == "tiny", "the session prefers it")
                while let event = try await run.next() {
                    guard case .ended = event else { continue }
                    let said = try await office.messages(trip, after: nil, me).messages
                    try check(said.count == 2 * number && said.last?.text == "answer \(number)", "\(said)")
                    try check(said.last?.model == "tiny" && said.last?.tokens?.input == 33, "\(said)")
                }
            }
            let texts = ground.chat.lastTexts
            try check(texts.first?.contains("be kind") == true, "\(texts)")
            let history = ["question 1", "answer 1", "question 2", "answer 2", "question 3"]
            try check(Array(texts.suffix(5)) == history, "\(texts)")
            try check(try await office.show(trip, me).title == "question 1", "title")
        }
    }

    @Test func `are asked once in a session, and said again from there`() throws {
        try RelayGround.run(seeds: 0...1) { ground in
            let questions = HubQuestions(ground.chat, sessions: ground.office)
            let call = try Self.call("Why?", session: "trip", ground)
            let first = try await questions.begin(call).collect()
            let second = try await questions.begin(call)
            let again = try await second.collect()
            try check(again.text == first.text && second.cost == .zero, "\(again)")
            try check(ground.chat.calls.withLock { $0.count } == 1, "nobody was asked again")
            let other = try await problem(EscalationFailure.self) {
                _ = try await questions.begin(try Self.call("Why not?", session: "trip", ground))
            }
            try check(other.code == .conflict && other.field == "request_id", "\(other)")
            let trip = try SessionID("trip")
            try check(try await ground.office.messages(trip, after: nil, RelayGround.caller).messages.count == 2, "two")
        }
    }

    @Test func `say why they were over and what did not fit, also when they are said again`() throws {
        try RelayGround.run(seeds: 0...0) { ground in
            let questions = HubQuestions(ground.chat, sessions: ground.office)
            let call = try Self.call("Why?", session: "trip", model: "cut", ground)
            let first = try await questions.begin(call)
            let reply = try await first.collect()
            try check(reply.stopReason == .maximumTokens && first.leftOut == LeftOut(), "\(reply)")
            let second = try await questions.begin(call)
            let again = try await second.collect()
            try check(again.stopReason == .maximumTokens && second.knowsStopReason && !second.isCut, "\(again)")
            try check(second.leftOut == nil, "nobody knows any more")
            let long = String(repeating: "word ", count: 400)
            for number in 1...2 {
                let call = try Self.call(long, id: "long-\(number)", session: "talk", model: "tiny", ground)
                _ = try await questions.begin(call).collect()
            }
            let third = try await questions.begin(
                try Self.call(long, id: "long-3", session: "talk", model: "tiny", ground)
            )
            try check(third.leftOut == LeftOut(turns: 2), "\(String(describing: third.leftOut))")
        }
    }

    @Test func `that come to nothing leave no answer, and can be asked again`() throws {
        try RelayGround.run(seeds: 0...1) { ground in
            let questions = HubQuestions(ground.chat, sessions: ground.office)
            let unknown = try await problem(EscalationFailure.self) {
                _ = try await questions.begin(try Self.call("Why?", session: "trip", model: "unknown", ground))
            }
            try check(unknown.chat == .unknownModel, "\(unknown)")
            let broken = try await questions.begin(try Self.call("Why?", session: "trip", model: "broken", ground))
            let error = try await problem(ChatError.self) { _ = try await broken.collect() }
            try check(error.code == .upstreamFailed && broken.cost == nil, "\(error)")
            let reply = try await questions.begin(try Self.call("Why?", session: "trip", ground)).collect()
            let said = try await ground.office.messages(try SessionID("trip"), after: nil, RelayGround.caller).messages
            try check(said.map(\.text) == ["Why?", reply.text], "\(said)")
        }
    }

    @Test func `answer also where their session is gone meanwhile`() throws {
        try RelayGround.run(seeds: 0...3) { ground in
            let questions = HubQuestions(ground.chat, sessions: ground.office)
            for (id, isDeleted) in [("a", true), ("b", false)] {
                let run = try await questions.begin(try Self.call("Why?", session: id, ground))
                let session = try SessionID(id)
                if isDeleted {
                    try await ground.office.delete(session, RelayGround.caller)
                } else {
                    try await ground.office.clear(session, RelayGround.caller)
                }
                try check(try await run.collect().text.hasPrefix("answer"), id)
            }
            let gone = try await problem(EscalationFailure.self) {
                _ = try await questions.begin(try Self.call("Why?", id: "q-2", session: "a", ground))
            }
            try check(gone.code == .invalidField && gone.field == "session_id", "\(gone)")
        }
    }

    @Test func `repeat no more than their model can read`() throws {
        try RelayGround.run(seeds: 0...0) { ground in
            let questions = HubQuestions(ground.chat, sessions: ground.office)
            let long = String(repeating: "word ", count: 400)
            for number in 1...6 {
                let call = try Self.call(long, id: "q-\(number)", session: "trip", model: "tiny", ground)
                _ = try await questions.begin(call).collect()
            }
            let request = try #require(ground.chat.calls.withLock { $0.last?.request })
            try check(request.messages.count == 3, "one pair fits beside the question: \(request.messages.count)")
            let tooLong = String(repeating: "a", count: Limits.Sessions.maximumMessageBytes + 1)
            let failure = try await problem(EscalationFailure.self) {
                _ = try await questions.begin(try Self.call(tooLong, id: "long", session: "trip", ground))
            }
            try check(failure.code == .invalidField && failure.field == "query", "\(failure)")
        }
    }

    @Test func `are refused where only what was redacted is answered, and never wait`() throws {
        try RelayGround.run(seeds: 0...0) { ground in
            let strict = HubQuestions(ground.chat, sessions: ground.office) { false }
            let call = try Self.call("Why?", ground)
            let refused = try await problem(EscalationFailure.self) { _ = try await strict.begin(call) }
            try check(refused.code == .unredacted, "\(refused)")
            let queued = try await problem(EscalationFailure.self) { _ = try await strict.enqueue(call) }
            try check(queued.chat == .unsupported, "\(queued)")
            guard case .unknown = try await strict.standing(of: "q-1", caller: RelayGround.caller) else {
                throw Complaint(what: "nothing waits on a hub")
            }
        }
    }
}
