internal import MeshCore

/// The models that are known, what else they are called, and what `auto` goes by.
package struct ModelTable: Hashable, Sendable {
    /// The day of the table, which stands in the version of each price.
    package private(set) var version: String

    /// The models in their order.
    package private(set) var rows: [ModelRow]

    /// Models by alias: the first that is there and alive answers.
    package private(set) var aliases: [String: [String]]

    /// What `auto` goes by.
    package private(set) var automatic: AutomaticRules

    private var indexes: [String: Int] = [:]

    /// The table that ships with the program.
    package static let shipped: Result<ModelTable, ChatError> = Result { () throws(ChatError) in
        try ModelTable(text: ModelTableFile.text)
    }

    /// A table of these parts; throws `malformed`, and says why, where they do not go together.
    package init(
        version: String,
        rows: [ModelRow],
        aliases: [String: [String]],
        automatic: AutomaticRules
    ) throws(ChatError) {
        self.version = version
        self.rows = rows
        self.aliases = aliases
        self.automatic = automatic
        for (index, row) in rows.enumerated() {
            guard indexes.updateValue(index, forKey: row.name) == nil else {
                throw Self.wrong("\(row.name) stands in the table twice")
            }
            try Self.check(row)
        }
        for (alias, names) in aliases.sorted(by: { $0.key < $1.key }) {
            try check(names, of: "the alias \(alias)")
            if let row = self[alias], row.ends == nil { throw Self.wrong("the alias \(alias) hides a model") }
        }
        for names in automatic.lists { try check(names, of: "auto") }
    }

    /// The model called `name`.
    package subscript(name: String) -> ModelRow? { indexes[name].map { rows[$0] } }

    /// This table and the models of a configuration: theirs take the place of those with the same name.
    package func adding(_ others: [ModelRow]) throws(ChatError) -> ModelTable {
        let names = Set(others.map(\.name))
        let kept = rows.filter { !names.contains($0.name) }
        return try ModelTable(version: version, rows: kept + others, aliases: aliases, automatic: automatic)
    }

    private func check(_ names: [String], of whom: String) throws(ChatError) {
        guard !names.isEmpty else { throw Self.wrong("\(whom) leads nowhere") }
        for name in names where self[name] == nil { throw Self.wrong("\(whom) leads to \(name), which is no model") }
    }

    private static func check(_ row: ModelRow) throws(ChatError) {
        guard row.contextTokens > 0, row.maximumOutputTokens > 0,
            max(row.contextTokens, row.maximumOutputTokens) <= Limits.Chat.maximumTokens
        else { throw wrong("\(row.name) has no room for tokens, or too much") }
        guard !row.prices.isEmpty else { throw wrong("\(row.name) has no price") }
        for (index, price) in row.prices.enumerated() {
            if let until = price.until, until <= price.from { throw wrong("a price of \(row.name) never holds") }
            guard row.prices[..<index].allSatisfy({ !$0.overlaps(price) }) else {
                throw wrong("two prices of \(row.name) hold at the same time")
            }
            let rates = [price.price.base] + (price.price.long.map { [$0.rates] } ?? [])
            let amounts = rates.flatMap { [$0.input, $0.output, $0.cacheRead, $0.cacheWrite, $0.longCacheWrite] }
            guard amounts.allSatisfy({ (0...Limits.Chat.highestRate).contains($0) }) else {
                throw wrong("a price of \(row.name) is below nothing or beyond reason")
            }
            if let long = price.price.long, !(1..<row.contextTokens).contains(long.aboveTokens) {
                throw wrong("no prompt of \(row.name) is long")
            }
        }
    }

    static func wrong(_ message: String) -> ChatError { ChatError(.malformed, "the table of models: \(message)") }
}

/// What `auto` goes by: lists of models for kinds of requests, the best first.
package struct AutomaticRules: Hashable, Sendable {
    /// A prompt of fewer tokens is short.
    package var smallBelowTokens: Int

    /// A prompt of more tokens is long.
    package var longAboveTokens: Int

    /// For requests with pictures.
    package var images: [String]

    /// For long prompts.
    package var long: [String]

    /// For requests with tools.
    package var tools: [String]

    /// For short prompts, and for who pays nothing.
    package var small: [String]

    /// For all others.
    package var standard: [String]

    /// Rules of these lists.
    package init(
        smallBelowTokens: Int,
        longAboveTokens: Int,
        images: [String],
        long: [String],
        tools: [String],
        small: [String],
        standard: [String]
    ) {
        self.smallBelowTokens = smallBelowTokens
        self.longAboveTokens = longAboveTokens
        self.images = images
        self.long = long
        self.tools = tools
        self.small = small
        self.standard = standard
    }

    var lists: [[String]] { [images, long, tools, small, standard] }
}
