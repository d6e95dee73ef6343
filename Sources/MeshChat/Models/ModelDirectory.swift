package import MeshCore

/// Which models can be asked now, and whom a request goes to.
///
/// A value: made anew whenever an engine or a provider comes or goes.
package struct ModelDirectory: Sendable {
    /// What is known of models.
    package let table: ModelTable

    /// Who has which, in the order in which they are asked.
    package let offers: [ModelOffer]

    /// Models that are asked where one cannot answer, by its name; only what an operator has said stands here.
    package let substitutes: [String: [String]]

    private let rows: [String: ModelRow]

    /// The models of `table` and of our own engines, as far as `offers` have them.
    package init(
        table: ModelTable,
        local: [EngineModel] = [],
        offers: [ModelOffer],
        substitutes: [String: [String]] = [:]
    ) {
        self.table = table
        self.offers = offers
        self.substitutes = substitutes
        var rows: [String: ModelRow] = [:]
        for row in local.map(ModelRow.init(free:)) + table.rows { rows[row.name] = row }
        self.rows = rows
    }

    /// The models that can be asked at `time`, each once, and what clients are told of them.
    package func models(at time: WallTime) -> [ModelDescription] {
        var seen: Set<String> = []
        return offers.compactMap { offer in
            guard let row = rows[offer.model], row.isAlive(at: time), row.price(at: time) != nil,
                seen.insert(offer.model).inserted
            else { return nil }
            return row.description
        }
    }

    /// The model called `name`, or what that is another name of, if it can be asked at `time`.
    package func model(named name: String, at time: WallTime) -> ModelDescription? {
        (try? candidates(for: name, at: time))?.names.lazy.compactMap { choices(of: $0, at: time).first }.first?
            .row.description
    }

    /// What a call of the model called `name` costs at `time`, whether or not it can be asked now; nil where nobody
    /// knows.
    package func price(of name: String, at time: WallTime) -> ModelPrice? { rows[name]?.price(at: time) }

    /// Who is asked, in order, and why.
    ///
    /// Throws `unknownModel` where nobody has the model, or there is none at all, `paymentRequired` where all who have
    /// it cost something and the client pays nothing, `unsupported` or `contextExceeded` where those who have it cannot
    /// do what is asked.
    ///
    /// `promptTokens` may be an estimate. Refused as too long is only what is so even with `fewestPromptTokens`: in
    /// between, whoever answers counts.
    package func route(
        _ request: ChatRequest,
        promptTokens: Int,
        fewestPromptTokens: Int? = nil,
        paysNothing: Bool = false,
        at time: WallTime
    ) throws(ChatError) -> ModelRoute {
        guard !offers.isEmpty else {
            let words =
                "this hub serves no model at all: its operator sets up a provider (providers) or the engine "
                + "(engine.library), and `meshnode doctor` says what is missing"
            throw ChatError(.unknownModel, words, cause: ChatFailure(parameter: "model"))
        }
        let (names, reason) =
            request.model == Self.automatic
            ? automaticCandidates(request, promptTokens, paysNothing)
            : try candidates(for: request.model, at: time)
        var choices: [ModelChoice] = []
        for name in names { choices += self.choices(of: name, at: time) }
        guard !choices.isEmpty else {
            throw ChatError(.unknownModel, "no such model can be asked here", cause: ChatFailure(parameter: "model"))
        }
        if paysNothing { choices.removeAll { !$0.price.isFree } }
        guard !choices.isEmpty else { throw ChatError(.paymentRequired, "this model costs something") }
        let fewest = fewestPromptTokens ?? promptTokens
        let able = choices.filter { obstacle($0.row, request, fewest) == nil }
        guard !able.isEmpty else {
            throw obstacle(choices[0].row, request, fewest) ?? ChatError(.unsupported, "no model can do this")
        }
        return ModelRoute(choices: able, reason: reason)
    }

    // MARK: Names

    /// By which the hub is asked to choose.
    package static let automatic = "auto"

    /// By which the model is asked for that the hub itself runs.
    package static let local = "local"

    private func candidates(
        for name: String,
        at time: WallTime
    ) throws(ChatError) -> (names: [String], reason: String) {
        if name == Self.local { return (localNames, "the model of this hub") }
        if name == Self.automatic { return (table.automatic.standard + localNames, "all models") }
        if let row = rows[name], row.isAlive(at: time) {
            return ([name] + (substitutes[name] ?? []), "asked for by name")
        }
        guard let names = table.aliases[name] else {
            let message = rows[name] == nil ? "no such model is known" : "this model has ended"
            throw ChatError(.unknownModel, message, cause: ChatFailure(parameter: "model"))
        }
        guard let first = names.first(where: { !choices(of: $0, at: time).isEmpty }) else {
            throw ChatError(.unknownModel, "no provider of what this name stands for is set up")
        }
        let hasEnded = rows[name] == nil ? "" : ", for it has ended"
        return ([first] + (substitutes[first] ?? []), "\(name) stands for \(first)\(hasEnded)")
    }

    private var localNames: [String] { offers.map(\.model).filter { rows[$0]?.provider == Self.local } }

    private func automaticCandidates(
        _ request: ChatRequest,
        _ promptTokens: Int,
        _ paysNothing: Bool
    ) -> (names: [String], reason: String) {
        let rules = table.automatic
        if paysNothing { return (localNames + rules.small, "auto: costs nothing") }
        let (list, reason) =
            if request.hasImages {
                (rules.images, "auto: the request has images")
            } else if promptTokens > rules.longAboveTokens {
                (rules.long, "auto: the prompt has more than \(rules.longAboveTokens) tokens")
            } else if !request.tools.isEmpty {
                (rules.tools, "auto: the request has tools")
            } else if promptTokens < rules.smallBelowTokens {
                (rules.small, "auto: the prompt has fewer than \(rules.smallBelowTokens) tokens and no tools")
            } else {
                (rules.standard, "auto: neither short nor long, no images, no tools")
            }
        return (list + localNames, reason)
    }

    // MARK: Abilities

    private func choices(of name: String, at time: WallTime) -> [ModelChoice] {
        guard let row = rows[name], row.isAlive(at: time), let price = row.price(at: time) else { return [] }
        return offers.filter { $0.model == name }.map { ModelChoice(row: row, price: price, offer: $0) }
    }

    private func obstacle(_ row: ModelRow, _ request: ChatRequest, _ promptTokens: Int) -> ChatError? {
        if promptTokens >= row.contextTokens {
            return ChatError(
                .contextExceeded,
                "the prompt has about \(promptTokens) tokens, and \(row.name) reads no more than \(row.contextTokens)"
            )
        }
        if request.hasImages, !row.canSeeImages {
            return ChatError(.unsupported, "\(row.name) does not look at images")
        }
        if !request.tools.isEmpty, request.toolChoice != .none, !row.canUseTools {
            return ChatError(.unsupported, "\(row.name) does not call tools", cause: ChatFailure(parameter: "tools"))
        }
        return nil
    }
}

/// An engine or a provider that has a model.
package struct ModelOffer: Hashable, Sendable {
    /// The engine or provider, by our name for it.
    package var engine: String

    /// The model, by its name in the table.
    package var model: String

    /// The model, by the engine's own name for it.
    package var engineModel: String

    /// An offer.
    package init(engine: String, model: String, engineModel: String) {
        self.engine = engine
        self.model = model
        self.engineModel = engineModel
    }
}

/// Someone who can be asked, and at what price.
package struct ModelChoice: Hashable, Sendable {
    /// What is known of the model.
    package var row: ModelRow

    /// What it costs now.
    package var price: ModelPrice

    /// Who has it.
    package var offer: ModelOffer

    /// A choice.
    package init(row: ModelRow, price: ModelPrice, offer: ModelOffer) {
        self.row = row
        self.price = price
        self.offer = offer
    }

    /// The most that an answer can use, and what that costs: what is reserved.
    ///
    /// `promptTokens` must not be too few, and `fewestPromptTokens`, where that is an estimate, not too many: they
    /// leave the most room for an answer. Where the request does not say how much may be said, it is all that the
    /// model can.
    package func worstCase(
        of request: ChatRequest,
        promptTokens most: Int,
        fewestPromptTokens: Int? = nil
    ) -> (usage: ChatUsage, cost: Money) {
        let promptTokens = min(most, row.contextTokens)
        let allowed = min(request.maximumOutputTokens ?? row.maximumOutputTokens, row.maximumOutputTokens)
        let output = max(0, min(allowed, row.contextTokens - min(fewestPromptTokens ?? most, promptTokens)))
        let rates = price.rates(ofPromptTokens: promptTokens)
        // Whatever of the prompt is written to a cache is dearest.
        let isLong = rates.longCacheWrite > max(rates.input, rates.cacheWrite) && request.asksForLongCache
        let isWritten = !isLong && row.cache != .none && rates.cacheWrite > rates.input
        let usage = ChatUsage(
            inputTokens: isLong || isWritten ? 0 : promptTokens,
            cacheWriteTokens: isWritten ? promptTokens : 0,
            longCacheWriteTokens: isLong ? promptTokens : 0,
            outputTokens: output
        )
        return (usage, price.cost(of: usage))
    }
}

/// Who is asked, in order.
package struct ModelRoute: Hashable, Sendable {
    /// At least one.
    package var choices: [ModelChoice]

    /// Why the first is the first, for `x-mesh-model-reason`.
    package var reason: String

    /// A route over `choices`.
    package init(choices: [ModelChoice], reason: String) {
        self.choices = choices
        self.reason = reason
    }
}

extension ModelPrice {
    /// Whether nothing costs anything.
    package var isFree: Bool { base == .free && (long.map { $0.rates == .free } ?? true) }
}

extension ChatRequest {
    /// Whether anything of it shall be kept ready for an hour.
    fileprivate var asksForLongCache: Bool {
        tools.contains { $0.cached == .oneHour } || system.contains { $0.cached == .oneHour }
            || messages.contains { $0.parts.contains { $0.cached == .oneHour } }
    }
}
