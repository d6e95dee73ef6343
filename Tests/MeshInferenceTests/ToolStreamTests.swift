import MeshChat
import MeshCore
import MeshInference
import MeshJSON
import MeshTestKit
import Testing

@Suite(
    "Wishes for tools in the model's own form",
    .enabled(if: EngineUnderTest.isThere, Comment(rawValue: EngineUnderTest.why))
)
struct ToolStreamTests {
    private static let template = RepositoryFile.text("Tests/Corpus/chat-template/hermes")

    private static let look = ChatTool(
        name: "look",
        schema: ["type": "object", "properties": ["city": ["enum": ["Oslo", "Lima"]]], "required": ["city"]]
    )

    /// The events of an answer that comes byte by byte, and how many bytes had come at the first words.
    private func read(_ answer: String) throws -> (events: [ChatEvent], first: Int?) {
        let probe = try FormProbe(try #require(EngineUnderTest.library), model: EngineLibrary.tinyModel)
        try probe.use(template: try #require(Self.template))
        var chat = ChatRequest(model: "tiny", messages: [ChatMessage(.user, "Where?")])
        chat.tools = [Self.look]
        var reading = AnswerReading(form: .native, callPrefix: "x")
        var events: [ChatEvent] = []
        var first: Int?
        for (index, character) in answer.enumerated() {
            let shown = reading.take(String(character)) { try? probe.message($0, isPartial: true, for: chat) }
            if first == nil, !shown.isEmpty { first = index + 1 }
            events += shown
        }
        events += reading.finish { try? probe.message($0, isPartial: false, for: chat) }
        return (events, first)
    }

    private func text(_ events: [ChatEvent]) -> String {
        events.reduce(into: "") { text, event in if case .text(let more) = event { text += more } }
    }

    @Test("Words are shown as they come, also those that look like a wish until they are none")
    func words() throws {
        for answer in ["It lies in the north.", "Is 3 < 4 and <tool is no tag, {\"a\": 1}?"] {
            let (events, first) = try read(answer)
            #expect(text(events) == answer)
            #expect(try #require(first) < answer.count / 2)
        }
    }

    @Test("Words before a wish are shown before it is complete, and nothing of the wish is among them")
    func wish() throws {
        let call = "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"city\": \"Oslo\"}}\n</tool_call>"
        let (events, first) = try read("Let me look. " + call)
        #expect(try #require(first) <= 12)
        #expect(text(events).hasPrefix("Let me look."))
        #expect(!text(events).contains("<"))
        #expect(events.suffix(3).first == .toolUseStarted(id: "call_x_0", name: "look"))
        guard case .toolUseArguments(let arguments)? = events.suffix(2).first else {
            Issue.record("the wish has no arguments: \(events)")
            return
        }
        #expect(try JSONReader.read(arguments) == ["city": "Oslo"])
        #expect(events.last == .toolUseEnded)
        #expect(try read(call).events.count == 3)
    }

    @Test("An answer with tools on offer is streamed, and one that must call a tool goes on from the prompt")
    func engine() async throws {
        let model = EngineUnderTest.tiny { $0.template = Self.template }
        try await EngineUnderTest.with(model) { test in
            let words = String(repeating: "red blue ", count: 60)
            let request = try test.request("Repeat: \(words)") { chat in
                chat.tools = [Self.look]
                chat.maximumOutputTokens = 4 * Limits.Chat.maximumEventsAhead
            }
            let answer = try await test.engine.answer(request)
            var texts = 0
            for try await event in answer.events { if case .text = event { texts += 1 } }
            // Held back until the end it would be one piece.
            #expect(texts > 1 || answer.usageSoFar.outputTokens <= Limits.Chat.maximumEventsAhead)

            // The template's grammar lets words come first, and the tiny model never learned to end them.
            let forced = try await test.ask("Where is it?") { chat in
                chat.tools = [Self.look]
                chat.toolChoice = .required
                chat.maximumOutputTokens = 200
            }
            #expect(!forced.text.hasPrefix("assistant"), "the grammar begins anew where the prompt had begun it")
        }
    }
}
