internal import MeshChat
package import MeshCore

/// Which messages of a conversation a prompt repeats.
///
/// The newest that fit, whole and without a gap, from a question on: a model that is shown an answer without its
/// question takes it for its own idea. Questions that were never answered are left out, for models want the two sides
/// to take turns; the question of the run that asks is not history.
package enum SessionHistory {
    /// Of `messages` those that fit `tokens`, and an actor's answer, before the question of `run`.
    package static func fitting(
        _ messages: [SessionMessage],
        tokens: Int,
        before run: UniqueID? = nil
    ) -> [SessionMessage] {
        let said = turns(messages, before: run)
        var (start, left, bytes) = (said.count, tokens, 0)
        // Turns stand in pairs, so that a pair fits or does not.
        for index in stride(from: said.count - 2, through: 0, by: -2) {
            let pair = said[index...index + 1]
            left -= pair.reduce(0) { $0 + $1.likelyTokens }
            bytes += pair.reduce(0) { $0 + $1.text.utf8.count }
            let isRoom = left >= 0 && bytes <= Limits.Sessions.maximumPageBytes
            guard isRoom, said.count - index <= Limits.Sessions.maximumPage else { break }
            start = index
        }
        return Array(said[start...])
    }

    /// Questions with the last thing that was said to each, in turn.
    static func turns(_ messages: [SessionMessage], before run: UniqueID?) -> [SessionMessage] {
        var turns: [SessionMessage] = []
        var question: SessionMessage?
        for message in messages {
            if let run, message.run == run, message.role == .user { break }
            switch message.role {
            case .user: question = message
            case .assistant:
                guard let asked = question, !message.text.isEmpty else { continue }
                turns += [asked, message]
                question = nil
            }
        }
        return turns
    }
}
