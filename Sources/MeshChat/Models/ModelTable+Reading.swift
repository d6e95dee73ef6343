internal import MeshCore
internal import MeshJSON

extension ModelTable {
    /// The table in a file like `data/models.json5`; throws `malformed`, and says where, for anything else.
    package init(text: String) throws(ChatError) {
        let file: JSONValue
        do throws(JSONError) {
            file = try JSONReader.read(text, as: .json5)
        } catch {
            throw Self.wrong("it cannot be read: \(error.message)")
        }
        let root = TableEntry(file, "the file")
        try root.allow(["version", "models", "aliases", "auto"])
        let version = try root.text("version")
        guard CalendarDay.start(version) != nil else { throw Self.wrong("its version is no day") }
        var aliases: [String: [String]] = [:]
        for (alias, names) in try root.members("aliases") { aliases[alias] = try names.texts() }
        let automatic = try root.entry("auto")
        try automatic.allow(["smallBelow", "longAbove", "images", "long", "tools", "small", "standard"])
        try self.init(
            version: version,
            rows: try root.list("models").map { entry throws(ChatError) in try Self.row(entry, version) },
            aliases: aliases,
            automatic: AutomaticRules(
                smallBelowTokens: Int(try automatic.integer("smallBelow")),
                longAboveTokens: Int(try automatic.integer("longAbove")),
                images: try automatic.texts("images"),
                long: try automatic.texts("long"),
                tools: try automatic.texts("tools"),
                small: try automatic.texts("small"),
                standard: try automatic.texts("standard")
            )
        )
    }

    private static func row(_ entry: TableEntry, _ version: String) throws(ChatError) -> ModelRow {
        try entry.allow([
            "name", "provider", "context", "output", "tools", "images", "cache", "refuses", "created", "ends", "prices",
        ])
        let name = try entry.text("name")
        let refuses = try entry.texts("refuses", orNone: true).map { word throws(ChatError) in
            guard let parameter = ModelParameter(rawValue: word) else {
                throw wrong("\(name) refuses \(word), which is no parameter")
            }
            return parameter
        }
        guard let cache = CacheKind(rawValue: try entry.text("cache")) else {
            throw wrong("the cache of \(name) is of no known kind")
        }
        return ModelRow(
            name: name,
            provider: try entry.text("provider"),
            contextTokens: Int(try entry.integer("context")),
            maximumOutputTokens: Int(try entry.integer("output")),
            canUseTools: try entry.bool("tools"),
            canSeeImages: try entry.bool("images"),
            cache: cache,
            refuses: Set(refuses),
            created: try entry.day("created") ?? WallTime(millisecondsSince1970: 0),
            ends: try entry.day("ends"),
            prices: try entry.list("prices").map { price throws(ChatError) in try self.price(price, name) }
        )
    }

    private static func price(_ entry: TableEntry, _ name: String) throws(ChatError) -> DatedPrice {
        let amounts: Set<String> = ["input", "output", "cacheRead", "cacheWrite", "longCacheWrite"]
        try entry.allow(amounts.union(["from", "to", "tier", "source", "read", "long"]))
        guard let from = try entry.day("from") else { throw wrong("a price of \(name) begins never") }
        guard !(try entry.text("source").isEmpty), try entry.day("read") != nil else {
            throw wrong("nobody knows where a price of \(name) is from")
        }
        let word = entry.has("tier") ? try entry.text("tier") : PriceTier.standard.rawValue
        guard let tier = PriceTier(rawValue: word) else { throw wrong("\(name) has a price for no known tier") }
        var long: ModelPrice.LongPrompt?
        if entry.has("long") {
            let rates = try entry.entry("long")
            try rates.allow(amounts.union(["above"]))
            long = ModelPrice.LongPrompt(
                aboveTokens: Int(try rates.integer("above")),
                rates: try self.rates(rates)
            )
        }
        let suffix = tier == .standard ? "" : "/\(tier.rawValue)"
        let version = try "\(name)@\(entry.text("from"))\(suffix)"
        return DatedPrice(
            from: from,
            until: try entry.day("to"),
            tier: tier,
            price: ModelPrice(version: version, base: try rates(entry), long: long)
        )
    }

    private static func rates(_ entry: TableEntry) throws(ChatError) -> ModelPrice.Rates {
        ModelPrice.Rates(
            input: try entry.integer("input"),
            output: try entry.integer("output"),
            cacheRead: try entry.integer("cacheRead"),
            cacheWrite: try entry.integer("cacheWrite"),
            longCacheWrite: try entry.integer("longCacheWrite")
        )
    }
}

/// A part of the file, and what it is called in errors.
private struct TableEntry {
    private let value: JSONValue
    private let name: String

    init(_ value: JSONValue, _ name: String) {
        self.value = value
        self.name = name
    }

    func allow(_ keys: Set<String>) throws(ChatError) {
        guard let object = value.object else { throw ModelTable.wrong("\(name) is no object") }
        for member in object.members where !keys.contains(member.key) {
            throw ModelTable.wrong("\(name) has \(member.key), which means nothing")
        }
    }

    func has(_ key: String) -> Bool { value[key] != nil }

    func entry(_ key: String) throws(ChatError) -> TableEntry {
        guard let member = value[key] else { throw ModelTable.wrong("\(name) lacks \(key)") }
        return TableEntry(member, "\(value["name"]?.text ?? name).\(key)")
    }

    func text(_ key: String) throws(ChatError) -> String {
        guard let text = try entry(key).value.text else { throw ModelTable.wrong("\(name).\(key) is no text") }
        return text
    }

    /// A whole number that was written as one: `0.1` is refused, not rounded.
    func integer(_ key: String) throws(ChatError) -> Int64 {
        guard let integer = try entry(key).value.integer else {
            throw ModelTable.wrong("\(name).\(key) is no whole number")
        }
        return integer
    }

    func bool(_ key: String) throws(ChatError) -> Bool {
        guard let bool = try entry(key).value.bool else {
            throw ModelTable.wrong("\(name).\(key) is neither true nor false")
        }
        return bool
    }

    func day(_ key: String) throws(ChatError) -> WallTime? {
        guard has(key) else { return nil }
        guard let day = CalendarDay.start(try text(key)) else { throw ModelTable.wrong("\(name).\(key) is no day") }
        return day
    }

    func list(_ key: String) throws(ChatError) -> [TableEntry] { try entry(key).elements() }

    func texts(_ key: String, orNone: Bool = false) throws(ChatError) -> [String] {
        if orNone, !has(key) { return [] }
        return try entry(key).texts()
    }

    func texts() throws(ChatError) -> [String] {
        try elements().map { element throws(ChatError) in
            guard let text = element.value.text else { throw ModelTable.wrong("\(element.name) is no text") }
            return text
        }
    }

    func members(_ key: String) throws(ChatError) -> [(String, TableEntry)] {
        let entry = try entry(key)
        guard let object = entry.value.object else { throw ModelTable.wrong("\(entry.name) is no object") }
        return object.members.map { ($0.key, TableEntry($0.value, "\(entry.name).\($0.key)")) }
    }

    private func elements() throws(ChatError) -> [TableEntry] {
        guard let array = value.array else { throw ModelTable.wrong("\(name) is no list") }
        return array.enumerated().map { TableEntry($1, "\(name)[\($0)]") }
    }
}
