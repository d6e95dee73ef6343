internal import MeshChat
internal import MeshEscalation

extension ChatRequest {
    /// What stays the same while a client adds to a conversation: its system and its first message.
    var beginning: [String] {
        system.compactMap(\.text) + ["\u{0}"] + (messages.first?.parts.compactMap(\.text) ?? [])
    }
}

extension Question<UnredactedText> {
    /// A question of no session has nothing behind it: all that it says is its beginning.
    var beginning: [String] {
        let known = knowledge.flatMap { [$0.name?.text ?? "", $0.text.text] }
        return [framing?.text ?? ""] + constraints.map(\.text) + ["\u{0}"] + known + ["\u{0}", query.text]
    }
}
