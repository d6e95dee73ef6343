import MeshChat
import MeshCore
import MeshEscalation
import MeshJSON
import MeshSessions
import MeshTestKit
import Testing

@Suite struct `A request to escalate` {
    private func read(_ json: String) throws -> EscalationRequest { try EscalationRequest.read(Array(json.utf8)) }

    @Test func `needs an id, a query and a number of tokens, and nothing else`() throws {
        let request = try read(#"{"request_id": "r-1", "query": "Why?", "max_tokens": 64}"#)
        #expect(request.id == "r-1" && request.session == nil)
        #expect(request.question == Question(UnredactedText("Why?"), maximumTokens: 64))
        let auto = #"{"request_id": "r-1", "query": "Why?", "max_tokens": 64, "model_preference": "auto"}"#
        #expect(try read(auto) == request)
    }

    @Test func `says all there is to say, and is written as it is read`() throws {
        let json = """
            {"request_id":"r-1","session_id":"trip","query":"Why?","context":{"pathos_framing":"f",\
            "local_knowledge":["k",{"name":"n","text":"t"}],"constraints":["c"]},"model_preference":"opus",\
            "max_tokens":64,"project_id":"p","lora_id":"l"}
            """
        let request = try read(json)
        #expect(request.session?.text == "trip" && request.question.framing?.text == "f")
        #expect(request.question.knowledge.map(\.text.text) == ["k", "t"])
        #expect(request.question.constraints.map(\.text) == ["c"])
        #expect(request.question.model == "opus" && request.question.project == "p" && request.question.adapter == "l")
        #expect(JSONWriter.text(of: request.json) == json)
        #expect(try EscalationRequest.read(JSONWriter.bytes(of: request.json)) == request)
    }

    @Test(arguments: [
        (#"{"query": "q", "max_tokens": 1}"#, "request_id"),
        (#"{"request_id": "r", "max_tokens": 1}"#, "query"),
        (#"{"request_id": "r", "query": "q"}"#, "max_tokens"),
        (#"{"request_id": "", "query": "q", "max_tokens": 1}"#, "request_id"),
        (#"{"request_id": "a b", "query": "q", "max_tokens": 1}"#, "request_id"),
        (#"{"request_id": 7, "query": "q", "max_tokens": 1}"#, "request_id"),
        (#"{"request_id": "r", "query": "", "max_tokens": 1}"#, "query"),
        (#"{"request_id": "r", "query": null, "max_tokens": 1}"#, "query"),
        (#"{"request_id": "r", "query": ["q"], "max_tokens": 1}"#, "query"),
        (#"{"request_id": "r", "query": "q", "max_tokens": 0}"#, "max_tokens"),
        (#"{"request_id": "r", "query": "q", "max_tokens": 1.5}"#, "max_tokens"),
        (#"{"request_id": "r", "query": "q", "max_tokens": "1"}"#, "max_tokens"),
        (#"{"request_id": "r", "query": "q", "max_tokens": 1e300}"#, "max_tokens"),
        (#"{"request_id": "r", "query": "q", "max_token": 1}"#, "max_token"),
        (#"{"request_id": "r", "query": "q", "max_tokens": 1, "session_id": "A"}"#, "session_id"),
        (#"{"request_id": "r", "query": "q", "max_tokens": 1, "session_id": "a/b"}"#, "session_id"),
        (#"{"request_id": "r", "query": "q", "max_tokens": 1, "model_preference": "é"}"#, "model_preference"),
        (#"{"request_id": "r", "query": "q", "max_tokens": 1, "project_id": ""}"#, "project_id"),
        (#"{"request_id": "r", "query": "q", "max_tokens": 1, "lora_id": {}}"#, "lora_id"),
        (#"{"request_id": "r", "query": "q", "max_tokens": 1, "context": "x"}"#, "context"),
        (#"{"request_id": "r", "query": "q", "max_tokens": 1, "context": {"pathos": "x"}}"#, "context.pathos"),
        (
            #"{"request_id": "r", "query": "q", "max_tokens": 1, "context": {"constraints": ["a", 2]}}"#,
            "context.constraints[1]"
        ),
        (
            #"{"request_id": "r", "query": "q", "max_tokens": 1, "context": {"local_knowledge": [{"text": ""}]}}"#,
            "context.local_knowledge[0].text"
        ),
    ])
    func `that is wrong is refused by the name of its field`(_ json: String, _ field: String) throws {
        let failure = #expect(throws: EscalationFailure.self) { try read(json) }
        #expect(failure?.code == .invalidField && failure?.field == field)
        #expect(failure?.message.hasPrefix(field) == true && failure?.chatCode == .malformed)
    }

    @Test(arguments: ["", "{", "[]", "null", "\"q\"", #"{"a":1,"a":2}"#])
    func `that is no object is refused without a word of it`(_ json: String) throws {
        let failure = #expect(throws: EscalationFailure.self) { try read(json) }
        #expect(failure?.code == .malformed && failure?.field == nil)
    }

    @Test func `a member's name that is not plain is not repeated`() throws {
        let failure = #expect(throws: EscalationFailure.self) {
            try read(#"{"request_id": "r", "query": "q", "max_tokens": 1, "mail me at a@b.c": 1}"#)
        }
        #expect(failure?.message.contains("a@b.c") == false)
    }

    @Test func `has bounds on every field`() throws {
        func request(_ change: (inout JSONObject) -> Void) throws -> EscalationRequest {
            var object = JSONObject()
            object["request_id"] = "r"
            object["query"] = "q"
            object["max_tokens"] = 1
            change(&object)
            return try EscalationRequest.read(JSONWriter.bytes(of: .object(object)))
        }
        func text(_ count: Int) -> JSONValue { .string(String(repeating: "x", count: count)) }
        let bounds = [
            ("request_id", Limits.Escalation.maximumRequestIDBytes), ("query", Limits.Escalation.maximumQueryBytes),
            ("model_preference", Limits.Escalation.maximumModelBytes),
            ("project_id", Limits.Escalation.maximumNameBytes), ("lora_id", Limits.Escalation.maximumNameBytes),
        ]
        for (field, limit) in bounds {
            _ = try request { $0[field] = text(limit) }
            let failure = #expect(throws: EscalationFailure.self) { try request { $0[field] = text(limit + 1) } }
            #expect(failure?.field == field)
        }
        _ = try request { $0["max_tokens"] = .integer(Int64(Limits.Escalation.maximumTokens)) }
        #expect(throws: EscalationFailure.self) {
            try request { $0["max_tokens"] = .integer(Int64(Limits.Escalation.maximumTokens) + 1) }
        }
        let whole = [UInt8](repeating: 0x20, count: Limits.Escalation.maximumDocumentBytes + 1)
        #expect(throws: EscalationFailure.self) { try EscalationRequest.read(whole) }
    }

    @Test func `a question with more history or more text than travels is refused`() throws {
        var question = Question(UnredactedText("q"), maximumTokens: 1)
        let long = UnredactedText(String(repeating: "x", count: Limits.Sessions.maximumMessageBytes))
        question.history = Array(repeating: .init(.user, long), count: Limits.Escalation.maximumTurns)
        #expect(question.textBytes > Limits.Escalation.maximumTextBytes)
        var failure = #expect(throws: EscalationFailure.self) { try question.check() }
        #expect(failure?.field == "context")
        question.history = Array(
            repeating: .init(.user, UnredactedText("x")),
            count: Limits.Escalation.maximumTurns + 1
        )
        failure = #expect(throws: EscalationFailure.self) { try question.check() }
        #expect(failure?.field == "history")
    }

    @Test func `its run is the same for the same asker and id, and no other's`() throws {
        let run = EscalationRequest.run(of: "r-1", asker: "acme/laptop-7")
        #expect(run == EscalationRequest.run(of: "r-1", asker: "acme/laptop-7"))
        #expect(run.description == "a1da8f8f-e3c0-88ac-a183-b09c2fbbf5fd")
        #expect(run != EscalationRequest.run(of: "r-2", asker: "acme/laptop-7"))
        #expect(run != EscalationRequest.run(of: "r-1", asker: "acme/laptop-8"))
        #expect(run != EscalationRequest.run(of: "laptop-7\u{0}r-1", asker: "acme/"))
        // The ids that an actor's node derives are nobody else's: byte 8 is never 0xFF.
        for number in 0..<500 { #expect(EscalationRequest.run(of: "\(number)", asker: "a").bytes[8] >> 6 == 2) }
    }

    @Test func `takes from its session what it does not say itself`() throws {
        var question = Question(UnredactedText("q"), maximumTokens: 1)
        question.constraints = [UnredactedText("own")]
        let context = SessionContext(
            framing: "f",
            knowledge: [KnowledgePiece(name: "n", text: "k")],
            constraints: ["session's"]
        )
        let within = question.within(context, model: "opus", history: [])
        #expect(within.framing?.text == "f" && within.knowledge.map(\.text.text) == ["k"])
        #expect(within.constraints.map(\.text) == ["own"] && within.model == "opus")
        question.model = "sonnet"
        #expect(question.within(context, model: "opus", history: []).model == "sonnet")
    }

    @Test func `every text of it is redacted, in the order in which a model reads`() throws {
        struct Blocked: Error {}
        var seen: [String] = []
        let question = wholeQuestion()
        let other = question.mapTexts { text in
            seen.append(text.text)
            return UnredactedText("#\(seen.count)")
        }
        #expect(
            seen == [
                "A letter to a friend", "Be brief", "No guesses\nand no lists", "notes.md",
                "PERSON_Q7K4M2 has moved to Rome.", "Rome is in Italy.", "Hello", "Hi",
                "Where does PERSON_Q7K4M2 live?",
            ]
        )
        #expect(other.query.text == "#9" && other.knowledge[0].name?.text == "#4" && other.model == "opus")
        #expect(throws: Blocked.self) {
            try question.mapTexts { (_) throws(Blocked) -> UnredactedText in throw Blocked() }
        }
    }

    @Test func `unredacted text says nothing of itself`() {
        let text = UnredactedText("a secret")
        #expect("\(text)" == "unredacted text of 8 bytes" && Mirror(reflecting: text).children.isEmpty)
    }

    @Test func `every failure has a class by which clients decide what to do`() {
        for code in EscalationErrorCode.allCases {
            let failure = EscalationFailure(code, "x")
            #expect(failure.error.failure == failure && failure.error.code == code)
            _ = failure.chatCode
        }
        let long = String(repeating: "x", count: Limits.Escalation.maximumMessageBytes + 9)
        #expect(EscalationFailure(.refused, long).message.utf8.count == Limits.Escalation.maximumMessageBytes)
        #expect(EscalationFailure(ChatError(.rateLimited, "x")).chatCode == .rateLimited)
    }

    @Test func `is the same to whoever asks it again, and another with other words or another asker`() throws {
        func read(_ text: String) throws -> EscalationRequest { try EscalationRequest.read(Array(text.utf8)) }
        let first = try read(#"{"request_id":"q-1","query":"Why?","max_tokens":64,"session_id":"trip"}"#)
        let again = try read(#"{"session_id":"trip","max_tokens":64,"query":"Why?","request_id":"q-1"}"#)
        #expect(first.digest(asker: "a") == again.digest(asker: "a"))
        #expect(first.digest(asker: "a") != first.digest(asker: "b"))
        let other = try read(#"{"request_id":"q-1","query":"Why not?","max_tokens":64,"session_id":"trip"}"#)
        #expect(first.digest(asker: "a") != other.digest(asker: "a"))
    }
}
