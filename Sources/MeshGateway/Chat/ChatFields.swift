internal import MeshChat
internal import MeshCore
internal import MeshDialects
internal import MeshHTTP

/// The fields that go with answers of chats.
enum ChatFields {
    /// Those of any answer that is JSON.
    static func json(_ dialect: ChatDialect, _ request: HTTPRequest) -> HTTPFields {
        var fields = HTTPFields()
        fields.reserve(fields: 10, bytes: 512)
        fields.append(.contentType, "application/json")
        fields.append(.cacheControl, "no-store")
        fields.append(naming: request, dialect)
        return fields
    }
}

extension HTTPFields {
    /// Anthropic's name for what the server's own field says.
    mutating func append(naming request: HTTPRequest, _ dialect: ChatDialect) {
        if dialect == .anthropic { append(.anthropicRequestID, request.id.text) }
    }

    /// Who answers, why, what was left out, and how often the client may still ask.
    mutating func append(telling run: any ChatRun, alsoDropped: [String], _ dialect: ChatDialect, now: WallTime) {
        append(.meshModel, run.model)
        append(.meshEngine, run.engine)
        append(.meshModelReason, run.reason)
        let dropped = alsoDropped + run.dropped.filter { !alsoDropped.contains($0) }
        if !dropped.isEmpty { append(.meshDroppedParameters, dropped.joined(separator: ", ")) }
        if let allowance = run.allowance { append(dialect.fields(of: allowance, now: now)) }
    }

    /// What a whole answer was charged, in exact amounts that add up.
    mutating func append(_ charge: CallCharge?) {
        for (name, value) in charge?.fields ?? [] { append(name, value) }
    }

    /// Fields as a dialect writes them.
    mutating func append(_ fields: [ErrorAnswer.Field]) {
        for field in fields {
            if let name = HTTPFieldName(field.name) { append(name, field.value) }
        }
    }
}

extension CallCharge {
    /// What is told of it beside an answer, by the names of fields.
    var fields: [(name: HTTPFieldName, value: String)] {
        let funded = funding.filter { $0.amount != .zero }.map { "\($0.source)=\($0.amount)" }
        return [
            (.meshUpstreamCost, upstream.description), (.meshFee, fee.description), (.meshTotal, total.description),
            (.meshFundedBy, funded.isEmpty ? "none" : funded.joined(separator: ", ")),
        ]
    }
}

extension HTTPFieldName {
    /// By which clients of Anthropic's tell which of its interfaces they mean, and so that they are such.
    static let anthropicVersion = HTTPFieldName(known: "anthropic-version")
    /// What Anthropic calls `x-request-id`.
    static let anthropicRequestID = HTTPFieldName(known: "request-id")
    /// The model that answers.
    static let meshModel = HTTPFieldName(known: "x-mesh-model")
    /// Who runs it.
    static let meshEngine = HTTPFieldName(known: "x-mesh-engine")
    /// Why it was chosen.
    static let meshModelReason = HTTPFieldName(known: "x-mesh-model-reason")
    /// What of the request nobody does.
    static let meshDroppedParameters = HTTPFieldName(known: "x-mesh-dropped-parameters")
    /// What whoever answered takes.
    static let meshUpstreamCost = HTTPFieldName(known: "x-mesh-upstream-cost")
    /// What the hub takes.
    static let meshFee = HTTPFieldName(known: "x-mesh-fee")
    /// What the account was charged.
    static let meshTotal = HTTPFieldName(known: "x-mesh-total")
    /// Out of what.
    static let meshFundedBy = HTTPFieldName(known: "x-mesh-funded-by")
}
