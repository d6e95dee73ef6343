internal import MeshChat
internal import MeshCore
internal import MeshEscalation
internal import MeshGateway

extension ChatPort {
    /// About how many tokens of framing, knowledge and history the model can read beside the question and its answer;
    /// without a model's name, the longest that there is.
    func room(for question: Question<UnredactedText>, model: String?) async -> Int {
        let context =
            if let model { await self.model(named: model)?.contextTokens } else {
                await models().map(\.contextTokens).max()
            }
        guard let context else { return Limits.Escalation.promptTokens }
        let own = TokenEstimate.likely(ofBytes: question.query.text.utf8.count) + question.maximumTokens
        // Of what is estimated half may be wrong: better some history less than a prompt that is too long.
        return min(Limits.Escalation.promptTokens, max(0, (context - own) / 2))
    }
}
