import MeshCommands
import MeshCore
import MeshEscalation
import MeshJSON
import Testing

@Suite struct `An answer that comes word by word` {
    private static let end = #"{"request_id":"r","model":"m","stop_reason":"end_turn","length":9}"#
    private static let stream = """
        : ping

        event: started
        data: {"request_id":"r","run_id":"1","model":"m"}

        event: thinking
        data: {"text":"hm"}

        event: news
        data: {"of":"tomorrow"}

        event: chunk
        data: {"offset":0,"text":"Grüße"}

        event: chunk
        data: {"offset":7,"text":", "}

        event: end
        data: \(end)

        event: chunk
        data: {"offset":9,"text":"late"}


        """

    private static func read(_ pieces: [[UInt8]]) throws(GatewayFailure) -> [AnswerEvent] {
        var (reading, events) = (AnswerReading(), [AnswerEvent]())
        for piece in pieces {
            reading.feed(piece)
            while let event = try reading.next() { events.append(event) }
        }
        if let event = try reading.atEnd() { events.append(event) }
        return events
    }

    private static func words(_ events: [AnswerEvent]) -> String {
        events.reduce(into: "") { if case .words(let text) = $1 { $0 += text } }
    }

    @Test func `means the same however its bytes are cut`() throws {
        let bytes = Array(Self.stream.utf8)
        let whole = try Self.read([bytes])
        #expect(whole.count == 5 && Self.words(whole) == "Grüße, ")
        guard case .ended(let end)? = whole.last else {
            Issue.record("no end")
            return
        }
        #expect(end.model == "m" && end.length == 9)
        for cut in 1..<bytes.count { #expect(try Self.read([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole) }
        #expect(try Self.read(bytes.map { [$0] }) == whole)
        // A server that forgets the last empty line.
        let cut = Self.stream.components(upTo: "event: end") + "event: end\ndata: \(Self.end)"
        #expect(try Self.read([Array(cut.utf8)]) == whole)
    }

    @Test(arguments: [
        ("event: chunk\ndata: {\"offset\":0,\"text\":\"a\"}\n\n", GatewayFailureCode.brokenOff),
        ("event: chunk\ndata: {\"offset\":2,\"text\":\"a\"}\n\n", .brokenOff),
        ("event: chunk\ndata: {\"offset\":0}\n\n", .brokenOff),
        ("event: end\ndata: {\"length\":4}\n\n", .brokenOff),
        ("event: end\ndata: nonsense\n\n", .notAGateway),
        ("", .notAGateway),
    ])
    func `is never taken for whole where something is missing`(stream: String, code: GatewayFailureCode) {
        let error = #expect(throws: GatewayFailure.self) { try Self.read([Array(stream.utf8)]) }
        #expect(error?.code == code)
    }

    @Test func `is broken off beyond its bound`() throws {
        var reading = AnswerReading()
        let text = String(repeating: "x", count: 4 * 1_024 * 1_024)
        var offset = 0
        let error = #expect(throws: GatewayFailure.self) {
            while true {
                reading.feed(Array("event: chunk\ndata: {\"offset\":\(offset),\"text\":\"\(text)\"}\n\n".utf8))
                _ = try reading.next()
                offset += text.utf8.count
            }
        }
        #expect(error?.code == .brokenOff && offset == Limits.Commands.maximumAnswerBytes)
        #expect(Limits.Commands.streamSilence < Limits.Commands.streamPatience)
    }

    @Test func `ends in a line that says who has answered, and with warnings where there is a reason`() throws {
        let json = try JSONReader.read(
            #"""
            {"model":"tiny","stop_reason":"max_tokens","usage":{"input_tokens":7,"output_tokens":3,"estimated":true},
             "cost":{"nanodollars":5,"display":"$0.000000005"},"length":4,
             "privacy":{"replaced":{"person":2,"email":1},"restored":2,"broken":1,"unsearched":0,"complete":false}}
            """#
        )
        let end = AnswerEnd(json)
        #expect(end.summary == "tiny, about 7 tokens in, 3 out, $0.000000005, 3 replaced, 2 restored")
        #expect(end.warnings.count == 2 && end.warnings[1].hasPrefix("a placeholder came back changed"))
        #expect(end.json(content: "abcd")["content"]?.text == "abcd" && end.json(content: "abcd")["length"] == nil)
        #expect(AnswerEnd(["cost": nil, "privacy": nil]).summary.isEmpty)
        #expect(AnswerEnd("nonsense").warnings.isEmpty)
    }
}

extension String {
    fileprivate func components(upTo mark: String) -> String {
        firstRange(of: mark).map { String(self[..<$0.lowerBound]) } ?? self
    }
}

@Suite struct `A question of a command line` {
    private static func draft(_ change: (inout QuestionDraft) -> Void) -> QuestionDraft {
        var draft = QuestionDraft()
        (draft.query, draft.id) = ("What?", "r-1")
        change(&draft)
        return draft
    }

    @Test func `has the parts of its context behind those of a file`() throws {
        let file = #"{"pathos_framing":"old","local_knowledge":["x"],"constraints":["short"]}"#
        let request = try Self.draft {
            $0.context = ("c.json", Array(file.utf8))
            $0.knowledge = [("n.md", Array("known".utf8))]
            $0.constraints = ["in German"]
            $0.session = "trip"
        }.request()
        let context = request.json["context"]
        #expect(context?["pathos_framing"]?.text == "old")
        #expect(context?["local_knowledge"] == ["x", ["name": "n.md", "text": "known"]])
        #expect(context?["constraints"] == ["short", "in German"])
        #expect(request.json["max_tokens"]?.integer == Int64(Limits.Commands.usualTokens))
        #expect(Limits.Commands.maximumQuestionBytes >= file.utf8.count)
    }

    @Test func `is refused by the name of what is wrong with it`() {
        let wrong: [((inout QuestionDraft) -> Void, String)] = [
            ({ $0.query = "" }, "query"), ({ $0.id = "a b" }, "request_id"), ({ $0.session = "A" }, "session_id"),
            ({ $0.maximumTokens = 0 }, "max_tokens"), ({ $0.constraints = ["a", ""] }, "context.constraints[1]"),
            ({ $0.context = ("c.json", Array("{\"constraint\":[]}".utf8)) }, "'c.json' (--context)"),
            ({ $0.context = ("c.json", Array("[".utf8)) }, "'c.json' (--context) is no JSON"),
            ({ $0.knowledge = [("n", [0xFF])] }, "'n' (--knowledge) is no UTF-8"),
        ]
        for (change, name) in wrong {
            let fault = #expect(throws: QuestionFault.self) { try Self.draft(change).request() }
            #expect(fault?.message.contains(name) == true, "\(fault?.message ?? "")")
        }
    }
}
