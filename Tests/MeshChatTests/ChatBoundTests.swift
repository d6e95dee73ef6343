import MeshChat
import MeshCore
import Testing

@Suite("Bounds of chats")
struct ChatBoundTests {
    @Test("Tokens beyond all reason count as the most there can be, and negative ones as none")
    func tokens() {
        let usage = ChatUsage(inputTokens: .max, cacheReadTokens: .min, outputTokens: .max, reasoningTokens: .max)
        #expect(usage.inputTokens == Limits.Chat.maximumTokens)
        #expect(usage.cacheReadTokens == 0)
        #expect(usage.totalTokens == 2 * Limits.Chat.maximumTokens)
        #expect(usage.reasoningTokens == usage.outputTokens)
    }

    @Test("The dearest price of the most tokens stops at the end of money")
    func dearest() {
        let rates = ModelPrice.Rates(input: .max, output: .max, cacheRead: .max, cacheWrite: .max, longCacheWrite: .max)
        let most = Limits.Chat.maximumTokens
        let usage = ChatUsage(
            inputTokens: most,
            cacheReadTokens: most,
            cacheWriteTokens: most,
            longCacheWriteTokens: most,
            outputTokens: most
        )
        #expect(ModelPrice(version: "v", base: rates).cost(of: usage) == Money(nanodollars: .max))
    }

    @Test("An answer longer than allowed is broken off")
    func longReply() throws {
        let piece = String(repeating: "x", count: 1_048_576)
        var builder = ChatReplyBuilder()
        var taken = 0
        let error = #expect(throws: ChatError.self) {
            while taken <= Limits.Chat.maximumReplyBytes {
                try builder.take(.thinking(piece))
                try builder.take(.thinkingSigned(""))
                taken += piece.utf8.count
            }
        }
        #expect(error?.code == .tooLarge)
        #expect(taken == Limits.Chat.maximumReplyBytes)
    }

    @Test("An answer of more parts than allowed is broken off")
    func manyParts() throws {
        var builder = ChatReplyBuilder()
        var taken = 0
        #expect(throws: ChatError(.tooLarge, "")) {
            while taken <= Limits.Chat.maximumParts {
                try builder.take(.toolUseStarted(id: "\(taken)", name: "t"))
                try builder.take(.toolUseEnded)
                taken += 1
            }
        }
        #expect(taken == Limits.Chat.maximumParts)
    }
}
