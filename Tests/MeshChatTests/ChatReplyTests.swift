import MeshChat
import MeshCore
import Testing

@Suite("Whole answers")
struct ChatReplyTests {
    @Test("The events of an answer put together are that answer")
    func roundTrip() throws {
        let reply = ChatReply(
            start: ChatStart(id: "a-1", model: "m"),
            parts: [
                ChatPart(.thinking(.open(text: "hm", signature: "s"))), .text("Hello"),
                ChatPart(.toolUse(ToolUse(id: "t-1", name: "clock", arguments: "{}"))), .text("!"),
            ],
            stopReason: .toolUse,
            usage: ChatUsage(inputTokens: 3, outputTokens: 4)
        )
        var builder = ChatReplyBuilder()
        for event in reply.events { try builder.take(event) }
        #expect(builder.reply() == reply)
    }

    @Test("Words after the end are an error of whoever answers")
    func afterTheEnd() throws {
        var builder = ChatReplyBuilder()
        try builder.take(.started(ChatStart(id: "a", model: "m")))
        try builder.take(.ended(.endOfTurn))
        #expect(throws: ChatError(.upstreamMalformed, "")) { try builder.take(.text("more")) }
    }
}
