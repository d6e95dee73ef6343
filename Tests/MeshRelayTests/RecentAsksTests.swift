import MeshChat
import MeshCore
import MeshRelay
import Testing

@Suite("What edges asked last") struct RecentAsksTests {
    private func ask(_ words: String, _ number: UInt64 = 1) throws -> RecentAsk {
        let chat = ChatRequest(model: "auto", messages: [ChatMessage(.user, words)])
        return RecentAsk(run: UniqueID(high: 1, low: number), tenant: try TenantID("acme"), chat: chat)
    }

    @Test("The last question of an edge is kept, and a longer one than is worth reading is not")
    func theLastIsKept() throws {
        let recent = RecentAsks()
        let edge = try NodeID("laptop-7")
        #expect(recent[edge] == nil)
        recent.note(try ask("one"), of: edge)
        recent.note(try ask("two", 2), of: edge)
        #expect(recent[edge]?.chat.messages.last?.text == "two")
        recent.note(try ask(String(repeating: "x", count: Limits.Relay.maximumRecentBytes + 1), 3), of: edge)
        #expect(recent[edge] == nil)
    }

    @Test("Of very many edges those that asked least recently are forgotten")
    func edgesAreBounded() throws {
        let recent = RecentAsks()
        let first = try NodeID("edge-0")
        for number in 0..<Limits.Relay.maximumRecentEdges {
            recent.note(try ask("q"), of: try NodeID("edge-\(number)"))
        }
        recent.note(try ask("again"), of: first)
        recent.note(try ask("new"), of: try NodeID("one-more"))
        #expect(recent[first] != nil)
        #expect(recent[try NodeID("edge-1")] == nil)
        #expect(recent[try NodeID("edge-2")] != nil)
    }
}
