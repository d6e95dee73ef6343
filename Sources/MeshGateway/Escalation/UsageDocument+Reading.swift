internal import MeshAPI
internal import MeshCore

extension UsageDocument {
    /// What `reading` says.
    init(_ reading: UsageReading) {
        let total = reading.total
        self.init(
            since: reading.since.description,
            requests: total.requests,
            tokens: AnswerDocument.Tokens(total),
            cost: total.cost.map { AnswerDocument.Cost($0) },
            models: reading.models.sorted { $0.key < $1.key }.map { name, count in
                Model(
                    model: name,
                    requests: count.requests,
                    tokens: AnswerDocument.Tokens(count),
                    cost: count.cost.map { AnswerDocument.Cost($0) }
                )
            }
        )
    }
}

extension AnswerDocument.Tokens {
    fileprivate init(_ count: UsageCount) {
        self.init(
            input: count.input,
            cacheRead: count.cacheRead,
            cacheWrite: count.cacheWrite,
            output: count.output,
            reasoning: count.reasoning,
            isEstimated: count.isEstimated
        )
    }
}
