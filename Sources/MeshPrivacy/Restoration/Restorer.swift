package import MeshChat

/// Puts the originals back into what is there as a whole.
package enum Restorer {
    /// The text with its originals, and what became of its placeholders.
    ///
    /// Where no form is said, a text that is one document of JSON stays one.
    package static func restore(
        _ text: String,
        form: StreamRestorer.Form? = nil,
        with map: PlaceholderMap
    ) -> (text: String, tally: RestorationTally) {
        let form = form ?? (JSONDocument(ScannedText(text)) == nil ? .text : .json)
        var restorer = StreamRestorer(map: map, form: form)
        let restored = restorer.restore(text) + restorer.finish()
        return (restored, restorer.tally)
    }

    /// The answer with its originals, in the format that was asked for.
    package static func restore(
        _ reply: ChatReply,
        format: ResponseFormat = .text,
        with map: PlaceholderMap
    ) -> (ChatReply, tally: RestorationTally) {
        var reply = reply
        var tally = RestorationTally()
        func restored(_ text: String, _ form: StreamRestorer.Form = .text) -> String {
            let (text, found) = restore(text, form: form, with: map)
            tally = tally + found
            return text
        }
        for index in reply.parts.indices {
            switch reply.parts[index].content {
            case .text(let text): reply.parts[index].content = .text(restored(text, .init(of: format)))
            case .thinking(.open(let text, let signature)):
                reply.parts[index].content = .thinking(.open(text: restored(text), signature: signature))
            case .toolUse(let use):
                let arguments = restored(use.arguments, .json)
                let id = restored(use.id)
                reply.parts[index].content = .toolUse(ToolUse(id: id, name: restored(use.name), arguments: arguments))
            case .thinking(.sealed), .image, .toolResult: break
            }
        }
        if case .stopSequence(let sequence?) = reply.stopReason { reply.stopReason = .stopSequence(restored(sequence)) }
        return (reply, tally)
    }
}
