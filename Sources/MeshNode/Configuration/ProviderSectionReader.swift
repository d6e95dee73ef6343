internal import MeshChat
internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// Reads `providers` and `substitutes` of a file of settings, and says all that is wrong with them.
struct ProviderSectionReader {
    /// The keys of a file's root that are read here.
    static let keys = ["providers", "substitutes"]

    private let source: JSONSource
    private(set) var section = ProviderSection()
    private(set) var mistakes: [ConfigurationMistake] = []

    /// A reader of the file `source`.
    init(_ source: JSONSource) { self.source = source }

    /// Takes what stands at `key` of the root.
    mutating func take(_ value: JSONValue, at key: String) {
        let steps = [JSONStep.key(key)]
        if section.place == nil { section.place = source.mistake(at: steps, "").place }
        switch key {
        case "providers": takeProviders(value, steps)
        default: takeSubstitutes(value, steps)
        }
    }

    // MARK: Providers

    private mutating func takeProviders(_ value: JSONValue, _ steps: [JSONStep]) {
        guard let list = value.array else {
            return add(steps, "'providers' is \(value.kind), and should be a list [ … ]")
        }
        guard list.count <= Limits.Configuration.maximumProviders else {
            return add(steps, "no more than \(Limits.Configuration.maximumProviders) providers are taken")
        }
        for (index, entry) in list.enumerated() {
            let here = steps + [.index(index)]
            guard let provider = provider(entry, here) else { continue }
            if section.providers.contains(where: { $0.name == provider.name }) {
                add(here, "there are two providers called '\(provider.name)'")
            } else {
                section.providers.append(provider)
            }
        }
    }

    private mutating func provider(_ value: JSONValue, _ steps: [JSONStep]) -> ProviderSettings? {
        guard var fields = fields(value, steps, ["name", "kind", "url", "keyFile", "keyVariable", "models"]) else {
            return nil
        }
        let kindWord = text(&fields, "kind", steps, "a kind")
        let kind = kindWord.flatMap(ProviderSettings.Kind.init(rawValue:))
        if let kindWord, kind == nil {
            let names = ProviderSettings.Kind.allCases.map(\.rawValue)
            let hint = kindWord.nearest(among: names).map { "; did you mean '\($0)'?" } ?? ""
            add(steps + [.key("kind")], "a kind is one of \(names.joined(separator: ", "))\(hint)")
        }
        guard let kind else { return nil }
        let name = fields["name"] == nil ? kind.rawValue : text(&fields, "name", steps, "a name") ?? ""
        if !Self.isName(name) || Self.reserved.contains(name) {
            let words = "a provider is called by up to 32 letters, digits and '-'"
            add(steps, "\(words), and not 'local', 'auto' or 'embedded'")
        }
        let url = fields["url"] == nil ? kind.usualURL : text(&fields, "url", steps, "an address")
        if url == nil { add(steps, "a provider of this kind needs a 'url'") }
        if let url, !Self.isAddress(url) {
            add(steps + [.key("url")], "an address begins with https:// or http:// and has no user and no password")
        }
        let models = models(fields["models"], of: kind, name, steps)
        return ProviderSettings(
            name: name,
            kind: kind,
            url: url ?? "",
            key: key(&fields, steps),
            models: models
        )
    }

    private mutating func key(_ fields: inout JSONObject, _ steps: [JSONStep]) -> ProviderSettings.KeySource? {
        switch (fields["keyFile"], fields["keyVariable"]) {
        case (nil, nil): return nil
        case (_?, nil): return text(&fields, "keyFile", steps, "the path of a file").map { .file($0) }
        case (nil, _?):
            let name = text(&fields, "keyVariable", steps, "the name of a variable")
            guard let name else { return nil }
            // What is no name may be the key itself, and is not repeated.
            guard name.utf8.count <= 64, name.utf8.allSatisfy({ Self.isVariable($0) }), name == name.uppercased() else {
                add(steps + [.key("keyVariable")], "this is no name of a variable, in capitals like ANTHROPIC_API_KEY")
                return nil
            }
            return .variable(name)
        case (_?, _?):
            add(steps, "a key comes from 'keyFile' or from 'keyVariable', not from both")
            return nil
        }
    }

    // MARK: Models

    private mutating func models(
        _ value: JSONValue?,
        of kind: ProviderSettings.Kind,
        _ provider: String,
        _ steps: [JSONStep]
    ) -> [ProviderSettings.Model] {
        guard let value else {
            let known = (try? ModelTable.shipped.get())?.rows.filter { $0.provider == kind.rawValue } ?? []
            if known.isEmpty { add(steps, "a provider of this kind needs a list of 'models'") }
            return known.map { ProviderSettings.Model(name: $0.name, providerName: $0.name) }
        }
        let here = steps + [.key("models")]
        guard let list = value.array, !list.isEmpty, list.count <= Limits.Configuration.maximumModels else {
            add(here, "'models' is a list of 1 to \(Limits.Configuration.maximumModels) models")
            return []
        }
        return list.enumerated().compactMap { index, entry in model(entry, provider, here + [.index(index)]) }
    }

    private mutating func model(
        _ value: JSONValue,
        _ provider: String,
        _ steps: [JSONStep]
    ) -> ProviderSettings.Model? {
        let table = try? ModelTable.shipped.get()
        if let name = value.text {
            if table?[name] == nil {
                let hint = name.nearest(among: table?.rows.map(\.name) ?? []).map { "; did you mean '\($0)'?" } ?? ""
                let words = "the table of models does not know '\(shown(name))'"
                add(steps, "\(words): describe it { name: …, context: … }\(hint)")
            }
            return ProviderSettings.Model(name: name, providerName: name)
        }
        let known = ["name", "as", "context", "output", "tools", "images", "free", "price"]
        guard var fields = fields(value, steps, known), let name = text(&fields, "name", steps, "a name") else {
            return nil
        }
        let providerName = fields["as"] == nil ? name : text(&fields, "as", steps, "the provider's name for it") ?? name
        if name == ModelDirectory.local || name == ModelDirectory.automatic || name.utf8.count > 128 {
            add(steps, "a model is not called 'local' or 'auto', nor longer than 128 bytes")
        }
        let isDescribed = ["context", "output", "tools", "images", "free", "price"].contains { fields[$0] != nil }
        guard isDescribed || table?[name] == nil else {
            return ProviderSettings.Model(name: name, providerName: providerName)
        }
        let row = row(name, provider, &fields, steps)
        return ProviderSettings.Model(name: name, providerName: providerName, row: row)
    }

    private mutating func row(
        _ name: String,
        _ provider: String,
        _ fields: inout JSONObject,
        _ steps: [JSONStep]
    ) -> ModelRow? {
        let most = Int64(Limits.Configuration.maximumContextTokens)
        guard let context = number(fields, "context", steps, 1...most) else {
            add(steps, "a model that the table does not know needs 'context', the most tokens of prompt and answer")
            return nil
        }
        let output = number(fields, "output", steps, 1...context) ?? context
        var rates = ModelPrice.Rates.free
        switch (fields["free"]?.bool, fields["price"]) {
        case (true?, nil): break
        case (nil, let price?), (false?, let price?):
            guard let found = self.rates(price, steps + [.key("price")]) else { return nil }
            rates = found
        default:
            add(steps, "a model that the table does not know is 'free: true' or has a 'price'; none is free by mistake")
            return nil
        }
        return ModelRow(
            name: name,
            provider: provider,
            contextTokens: Int(context),
            maximumOutputTokens: Int(output),
            canUseTools: truth(fields, "tools", steps) ?? false,
            canSeeImages: truth(fields, "images", steps) ?? false,
            prices: [
                DatedPrice(
                    from: WallTime(millisecondsSince1970: .min),
                    price: ModelPrice(version: "\(name)@configured", base: rates)
                )
            ]
        )
    }

    private mutating func rates(_ value: JSONValue, _ steps: [JSONStep]) -> ModelPrice.Rates? {
        guard let fields = fields(value, steps, ["input", "output", "cacheRead", "cacheWrite", "longCacheWrite"]) else {
            return nil
        }
        let range = 0...Limits.Chat.highestRate
        guard let input = number(fields, "input", steps, range), let output = number(fields, "output", steps, range)
        else {
            add(steps, "a price has 'input' and 'output': nano-dollars for a million tokens, so 2000000000 is $2")
            return nil
        }
        let write = number(fields, "cacheWrite", steps, range) ?? input
        return ModelPrice.Rates(
            input: input,
            output: output,
            cacheRead: number(fields, "cacheRead", steps, range) ?? input,
            cacheWrite: write,
            longCacheWrite: number(fields, "longCacheWrite", steps, range) ?? write
        )
    }

    // MARK: Substitutes

    private mutating func takeSubstitutes(_ value: JSONValue, _ steps: [JSONStep]) {
        guard let object = value.object, object.members.count <= Limits.Configuration.maximumModels else {
            return add(steps, "'substitutes' is \(value.kind), and should be an object of lists { model: [ … ] }")
        }
        for member in object.members {
            let here = steps + [.key(member.key)]
            let names = member.value.array?.compactMap(\.text) ?? []
            guard let count = member.value.array?.count, count == names.count, (1...8).contains(count) else {
                add(here, "'\(shown(member.key))' has a list of one to eight models")
                continue
            }
            section.substitutes[member.key] = names
        }
    }

    // MARK: Fields

    private mutating func fields(_ value: JSONValue, _ steps: [JSONStep], _ known: [String]) -> JSONObject? {
        guard let object = value.object else {
            add(steps, "this is \(value.kind), and should be an object { … }")
            return nil
        }
        for member in object.members where !known.contains(member.key) {
            let hint = member.key.nearest(among: known).map { "; did you mean '\($0)'?" } ?? ""
            let isKey = member.key.lowercased() == "key" || member.key.lowercased().hasPrefix("apikey")
            let advice = isKey ? ": a key never stands in a file of settings; say 'keyFile' or 'keyVariable'" : hint
            add(steps + [.key(member.key)], "unknown key '\(shown(member.key))'\(advice)")
        }
        return object
    }

    private mutating func text(
        _ fields: inout JSONObject,
        _ key: String,
        _ steps: [JSONStep],
        _ what: String
    ) -> String? {
        guard let value = fields[key]?.text, !value.isEmpty else {
            add(fields[key] == nil ? steps : steps + [.key(key)], "'\(key)' is missing or no text: \(what)")
            return nil
        }
        return value
    }

    private mutating func number(
        _ fields: JSONObject,
        _ key: String,
        _ steps: [JSONStep],
        _ range: ClosedRange<Int64>
    ) -> Int64? {
        guard let value = fields[key] else { return nil }
        guard let number = value.integer, range.contains(number) else {
            add(steps + [.key(key)], "'\(key)' is a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    private mutating func truth(_ fields: JSONObject, _ key: String, _ steps: [JSONStep]) -> Bool? {
        guard let value = fields[key] else { return nil }
        if value.bool == nil { add(steps + [.key(key)], "'\(key)' is true or false") }
        return value.bool
    }

    private mutating func add(_ steps: [JSONStep], _ message: String) {
        mistakes.append(source.mistake(at: steps, message))
    }

    private func shown(_ name: String) -> String {
        (name.count > 60 ? name.prefix(60) + "…" : name[...]).description.printable
    }

    // MARK: Words

    private static let reserved = ["local", "auto", "embedded"]

    private static func isName(_ name: String) -> Bool {
        (1...32).contains(name.utf8.count)
            && name.utf8.allSatisfy { isVariable($0) && $0 != UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    private static func isVariable(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isAddress(_ text: String) -> Bool {
        let rest = text.hasPrefix("https://") ? text.dropFirst(8) : text.hasPrefix("http://") ? text.dropFirst(7) : ""
        return !rest.isEmpty && rest.utf8.count <= 512 && !rest.contains("@") && !rest.contains("?")
            && rest.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
