import MeshChat
import MeshCore
import MeshEscalation
import MeshGateway
import MeshPrivacy
import MeshRelay
import MeshSessions
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(2))) struct `Questions of an edge` {
    private static let mail = "Write to anna@example.org"

    private static func isWaiting(_ standing: AskStanding) -> Bool {
        if case .waiting = standing { true } else { false }
    }

    // MARK: The same request again

    @Test func `that wait are the same when they are asked again, whatever their session has heard meanwhile`() throws {
        try EdgeGround.run { ground in
            ground.way.set(false)
            let call = try ground.call(Self.mail, session: "trip")
            try check(Self.isWaiting(try await ground.questions.enqueue(call)), "there is no hub")
            let trip = try SessionID("trip")
            var change = SessionContextChange()
            change.framing = .set("be kind")
            try await ground.sessions.update(change, of: trip, RelayGround.caller)
            try check(Self.isWaiting(try await ground.questions.enqueue(call)), "it is the same question")
            let other = try ground.call("Why?", session: "trip")
            let failure = try await problem(EscalationFailure.self) { _ = try await ground.questions.enqueue(other) }
            try check(failure.code == .conflict && failure.field == "request_id", "\(failure)")
            ground.way.set(true)
            let kept = try await ground.fetched("q-1")
            try check(kept.text == "answer 1", "\(kept)")
            try check(!ground.chat.lastTexts.joined().contains("be kind"), "what counts is how it was asked first")
        }
    }

    @Test func `that found no hub are asked again, though more is known to be personal by now`() throws {
        try EdgeGround.run { ground in
            ground.way.set(false)
            let call = try ground.call("What does Lovelace think of it?", session: "trip")
            let offline = try await problem(EscalationFailure.self) { _ = try await ground.questions.begin(call) }
            try check(offline.code == .offline, "\(offline)")
            let trip = try SessionID("trip")
            let said = "My name is Ada Lovelace."
            _ = try await ground.sessions.add(said, by: .user, to: trip, RelayGround.caller)
            ground.way.set(true)
            let reply = try await ground.questions.begin(call).collect()
            try check(reply.text == "answer 1", "\(reply)")
            let asked = try await ground.sessions.messages(trip, after: nil, RelayGround.caller).messages
            try check(asked.map(\.text) == [call.request.question.query.text, "answer 1", said], "\(asked)")
        }
    }

    // MARK: What is kept of an answer

    @Test func `are told why their answer was over, also where it waited or is said again`() throws {
        try EdgeGround.run { ground in
            let first = try ground.call(Self.mail) { $0.model = "cut" }
            _ = try await ground.questions.enqueue(first)
            let kept = try await ground.fetched("q-1")
            try check(kept.stopReason == .maximumTokens && kept.leftOut == LeftOut() && !kept.isCut, "\(kept)")
            let second = try ground.call(Self.mail, id: "q-2", session: "trip") { $0.model = "cut" }
            let run = try await ground.questions.begin(second)
            try check(try await run.collect().stopReason == .maximumTokens && run.leftOut == LeftOut(), "told")
            let again = try await ground.questions.begin(second)
            let reply = try await again.collect()
            try check(reply.stopReason == .maximumTokens && again.knowsStopReason && again.leftOut == nil, "\(reply)")
            guard case .answered(let said) = try await ground.questions.enqueue(second) else {
                throw Complaint(what: "its session has the answer")
            }
            try check(said.stopReason == .maximumTokens && said.text == reply.text, "\(said)")
        }
    }

    // MARK: What is refused leaves nothing behind

    @Test func `that find no room leave no map behind, and those that wait keep theirs`() throws {
        try EdgeGround.run { ground in
            ground.way.set(false)
            for number in 1...Limits.AskQueue.maximumWaiting {
                _ = try await ground.questions.enqueue(try ground.call("Why \(number)?", id: "q-\(number)"))
            }
            try check(ground.vault.count == 0, "nothing in them is personal")
            let call = try ground.call(Self.mail, id: "one-more")
            let failure = try await problem(EscalationFailure.self) { _ = try await ground.questions.enqueue(call) }
            try check(failure.code == .queueFull && ground.vault.count == 0, "\(failure), \(ground.vault.count) maps")
            let caller = RelayGround.caller
            try check(try await ground.questions.drop("q-1", caller: caller), "it waited")
            _ = try await ground.questions.enqueue(call)
            try check(ground.vault.count == 1, "what waits is put back together later")
            let other = try ground.call("Write to eve@example.org", id: "one-more")
            let conflict = try await problem(EscalationFailure.self) { _ = try await ground.questions.enqueue(other) }
            try check(conflict.code == .conflict && ground.vault.count == 1, "\(conflict)")
        }
    }

    @Test func `that are only looked at leave no map behind`() throws {
        try EdgeGround.run { ground in
            let call = try ground.call(Self.mail, session: "trip") {
                $0.project = "anna@example.org"
                $0.adapter = "eve@example.org"
            }
            let preview = try await ground.questions.preview(call)
            try check(preview.query.hasPrefix("Write to EMAIL_") && ground.vault.count == 0, "\(preview)")
            try check(preview.model == "tiny" && preview.found.total == 3, "\(preview)")
            let names = [preview.project, preview.adapter]
            try check(names.allSatisfy { $0?.hasPrefix("EMAIL_") == true }, "\(preview)")
        }
    }

    @Test func `and messages for sessions that are gone leave no map behind`() throws {
        try EdgeGround.run { ground in
            let (trip, caller) = (try SessionID("trip"), RelayGround.caller)
            _ = try await ground.sessions.add(Self.mail, by: .user, to: trip, caller)
            try check(ground.vault.count == 1, "it is kept")
            try await ground.sessions.delete(trip, caller)
            try check(ground.vault.count == 0, "it is forgotten")
            var change = SessionContextChange()
            change.framing = .set(Self.mail)
            let attempts: [@Sendable () async throws -> Void] = [
                { _ = try await ground.sessions.add(Self.mail, by: .user, to: trip, caller) },
                { [change] in try await ground.sessions.update(change, of: trip, caller) },
                { try await ground.sessions.prefer("anna@example.org", in: trip, caller) },
                { try await ground.sessions.prefer("anna@example.org", in: try SessionID("never"), caller) },
                { _ = try await ground.questions.begin(try ground.call(Self.mail, session: "trip")) },
            ]
            for attempt in attempts {
                _ = try await problem((any Error).self) { try await attempt() }
                try check(ground.vault.count == 0, "nobody is there whom it belongs to")
            }
            let long = Self.mail + String(repeating: " x", count: Limits.Sessions.maximumMessageBytes / 2)
            let question = try ground.call(long, session: "new")
            let failure = try await problem(EscalationFailure.self) { _ = try await ground.questions.begin(question) }
            try check(failure.code == .invalidField && ground.vault.count == 0, "\(failure)")
        }
    }

    // MARK: Forgetting

    @Test func `that wait are forgotten when nobody wants them, until they are asked`() throws {
        try EdgeGround.run { ground in
            let caller = RelayGround.caller
            ground.way.set(false)
            _ = try await ground.questions.enqueue(try ground.call(Self.mail))
            try check(ground.vault.count == 1, "its answer would have to be put back together")
            try check(try await ground.questions.drop("q-1", caller: caller), "it waited")
            try check(ground.vault.count == 0, "nothing of it is left")
            try check(try await !ground.questions.drop("q-1", caller: caller), "it is gone")
            _ = try await ground.questions.enqueue(try ground.call(Self.mail, id: "q-2") { $0.model = "silent" })
            ground.way.set(true)
            while Self.isWaiting(try await ground.questions.standing(of: "q-2", caller: caller)) {
                try await ground.world.clock.sleep(for: .milliseconds(1))
            }
            let late = try await problem(EscalationFailure.self) {
                _ = try await ground.questions.drop("q-2", caller: caller)
            }
            try check(late.code == .conflict && late.field == "request_id", "\(late)")
        }
    }
}
