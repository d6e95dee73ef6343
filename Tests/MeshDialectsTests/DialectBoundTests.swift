import MeshChat
import MeshCore
import MeshDialects
import MeshJSON
import Testing

@Suite("Bounds of requests")
struct DialectBoundTests {
    private let message: JSONValue = ["role": "user", "content": "x"]

    private func openAI(_ change: (inout JSONObject) -> Void) throws(ChatError) -> ReadRequest {
        var body = JSONObject()
        body["model"] = "m"
        body["messages"] = [message]
        change(&body)
        return try OpenAIRequestReader.read(JSONWriter.bytes(of: .object(body)))
    }

    private func expectBound(_ most: Int, _ change: (inout JSONObject, Int) -> Void) throws {
        _ = try openAI { change(&$0, most) }
        #expect(throws: ChatError(.malformed, "")) { try openAI { change(&$0, most + 1) } }
    }

    @Test("More messages, parts, tools or stop sequences than allowed are refused")
    func lists() throws {
        let part: JSONValue = ["type": "text", "text": "x"]
        let tool: JSONValue = ["type": "function", "function": ["name": "f"]]
        try expectBound(Limits.Dialects.maximumMessages) {
            $0["messages"] = .array(Array(repeating: message, count: $1))
        }
        try expectBound(Limits.Dialects.maximumParts) {
            $0["messages"] = [["role": "user", "content": .array(Array(repeating: part, count: $1))]]
        }
        try expectBound(Limits.Dialects.maximumTools) { $0["tools"] = .array(Array(repeating: tool, count: $1)) }
        try expectBound(Limits.Dialects.maximumStopSequences) {
            $0["stop"] = .array(Array(repeating: "x", count: $1))
        }
    }

    @Test("Names of what is passed over are few, and fit a header")
    func dropped() throws {
        let read = try openAI { body in
            body["bad name\r\n"] = 1
            for index in 0...Limits.Dialects.maximumDroppedNames { body["field_\(index)"] = true }
        }
        #expect(read.dropped.count == Limits.Dialects.maximumDroppedNames)
        #expect(read.dropped.allSatisfy { $0.hasPrefix("field_") })
    }
}
