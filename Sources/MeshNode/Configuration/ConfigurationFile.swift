internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// What a file of settings says: words by setting, and what it says that is none.
struct ConfigurationFile {
    /// A setting as the file has it.
    struct Found {
        let words: [String]
        let position: JSONPosition
    }

    private(set) var found: [String: Found] = [:]
    private(set) var mistakes: [ConfigurationMistake] = []
    /// What it says of providers.
    private(set) var providers = ProviderSection()
    private let source: JSONSource
    /// Where in the file the settings stand.
    private let root: [JSONStep]

    /// What to call the file.
    var path: String { source.path }

    /// Reads the bytes of the file at `path`; nothing of it is taken where they are no JSON5.
    init(_ bytes: [UInt8], path: String) {
        source = JSONSource(bytes, path: path)
        root = []
        do throws(JSONMistake) {
            let object = try source.object()
            takeProviders(object)
            take(object, at: [])
        } catch { mistakes.append(error) }
    }

    /// Reads settings that stand as `section` at `root` of a file that says more.
    init(_ section: JSONObject, at root: [JSONStep], of source: JSONSource) {
        self.source = source
        self.root = root
        take(section, at: [])
    }

    // MARK: Providers

    private mutating func takeProviders(_ object: JSONObject) {
        var reader = ProviderSectionReader(source)
        for member in object.members where ProviderSectionReader.keys.contains(member.key) {
            reader.take(member.value, at: member.key)
        }
        providers = reader.section
        mistakes += reader.mistakes
    }

    // MARK: Walking

    private mutating func take(_ object: JSONObject, at steps: [String]) {
        for member in object.members {
            let here = steps + [member.key]
            if let row = Settings.all.first(where: { $0.steps == here }) {
                take(member.value, as: row, at: here)
            } else if Settings.all.contains(where: { $0.steps.starts(with: here) }) {
                guard let section = member.value.object else {
                    add(here, "'\(here.joined(separator: "."))' is \(member.value.kind), and should be an object { … }")
                    continue
                }
                take(section, at: here)
            } else if steps.isEmpty, ProviderSectionReader.keys.contains(member.key) {
                guard !root.isEmpty else { continue }
                add(here, "'\(member.key)' stands in a file of the node's own, which --config names")
            } else {
                addUnknown(here)
            }
        }
    }

    private mutating func addUnknown(_ steps: [String]) {
        let name = steps.joined(separator: ".")
        let shown = (name.count > 60 ? name.prefix(60) + "…" : name[...]).description.printable
        let hint = Self.nearest(to: steps).map { "; did you mean '\($0)'?" } ?? ""
        add(steps, "unknown key '\(shown)'\(hint)")
    }

    /// A name beside it, or one elsewhere whose last part it is, or the whole name that it is near to.
    private static func nearest(to steps: [String]) -> String? {
        let paths = Settings.all.map(\.path)
        let around = Array(steps.dropLast())
        let siblings =
            Settings.all.map(\.steps).filter { $0.count > around.count && $0.starts(with: around) }
            .map { $0[around.count] } + (around.isEmpty ? ProviderSectionReader.keys : [])
        guard let name = steps.last else { return nil }
        if let sibling = name.nearest(among: siblings.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }) {
            return (around + [sibling]).joined(separator: ".")
        }
        if let row = Settings.all.first(where: { $0.steps.last == name || $0.flag == name }) { return row.path }
        return steps.joined(separator: ".").nearest(among: paths)
    }

    // MARK: Values

    private mutating func take(_ value: JSONValue, as row: SettingRow, at steps: [String]) {
        guard row.shape.isList else {
            guard let word = Self.word(value, row.shape.form) else {
                return add(steps, Self.wrongType(value, row, row.shape.form.words))
            }
            return keep([word], steps)
        }
        guard let elements = value.array else { return add(steps, Self.wrongType(value, row, "a list [ … ]")) }
        var words: [String] = []
        for (index, element) in elements.enumerated() {
            guard let word = Self.word(element, row.shape.form) else {
                let path = steps.map { JSONStep.key($0) } + [.index(index)]
                add(path: path, Self.wrongType(element, row, "a list of text"))
                continue
            }
            words.append(word)
        }
        keep(words, steps)
    }

    private mutating func keep(_ words: [String], _ steps: [String]) {
        guard let position = source.position(of: root + steps.map { .key($0) }) else { return }
        found[steps.joined(separator: ".")] = Found(words: words, position: position)
    }

    private static func word(_ value: JSONValue, _ form: SettingRow.Form) -> String? {
        switch form {
        case .text: value.text
        case .number: value.integer.map { "\($0)" }
        case .truth: value.bool.map { "\($0)" }
        }
    }

    private static func wrongType(_ value: JSONValue, _ row: SettingRow, _ wanted: String) -> String {
        let isNull = value == .null
        let kind = isNull ? "null" : value.kind
        return "'\(row.path)' is \(kind), and should be \(wanted)" + (isNull ? "; leave it out for its default" : "")
    }

    // MARK: Places

    private mutating func add(_ steps: [String], _ message: String) {
        add(path: steps.map { .key($0) }, message)
    }

    private mutating func add(path steps: [JSONStep], _ message: String) {
        mistakes.append(source.mistake(at: root + steps, message))
    }
}
