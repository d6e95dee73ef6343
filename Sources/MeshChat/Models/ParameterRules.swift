/// Leaves out what a model refuses.
package enum ParameterRules {
    /// `request` as `row` takes it, and the names of what was left out, in the order of ``ModelParameter``.
    package static func fit(_ request: ChatRequest, to row: ModelRow) -> (request: ChatRequest, dropped: [String]) {
        var request = request
        var dropped: [String] = []
        for parameter in ModelParameter.allCases where row.refuses.contains(parameter) {
            if drop(parameter, from: &request) { dropped.append(parameter.word) }
        }
        return (request, dropped)
    }

    private static func drop(_ parameter: ModelParameter, from request: inout ChatRequest) -> Bool {
        switch parameter {
        case .temperature: clear(&request.sampling.temperature)
        case .topP: clear(&request.sampling.topP)
        case .topK: clear(&request.sampling.topK)
        case .frequencyPenalty: clear(&request.sampling.frequencyPenalty)
        case .presencePenalty: clear(&request.sampling.presencePenalty)
        case .seed: clear(&request.sampling.seed)
        // That it shall think stays; how much is its own affair.
        case .thinkingBudget: clear(&request.reasoning.maximumTokens)
        case .forcedToolChoice: clearForcedTool(&request)
        }
    }

    private static func clear<Value>(_ value: inout Value?) -> Bool {
        defer { value = nil }
        return value != nil
    }

    private static func clearForcedTool(_ request: inout ChatRequest) -> Bool {
        switch request.toolChoice {
        case .automatic, .none: return false
        case .required, .named:
            request.toolChoice = .automatic
            return true
        }
    }
}

extension ModelParameter {
    /// What clients call it.
    fileprivate var word: String { self == .forcedToolChoice ? "tool_choice" : rawValue }
}
