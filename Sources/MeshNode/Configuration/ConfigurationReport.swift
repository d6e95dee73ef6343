internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// What a node is told, for people and for programs.
package struct ConfigurationReport: Sendable {
    private let configuration: Configuration

    /// What `configuration` says to a node of its role.
    package init(_ configuration: Configuration) { self.configuration = configuration }

    /// A table: setting, value, source.
    package var table: String {
        var table = Table(columns: [.init("SETTING"), .init("VALUE"), .init("FROM")])
        for entry in configuration.concerning {
            table.append([entry.row.path, Self.value(of: entry), "\(entry.source)".printable])
        }
        let place = configuration.providers.place ?? "default"
        for provider in configuration.providers.providers {
            table.append(["providers.\(provider.name)", provider.summary.printable, place.printable])
        }
        for (model, names) in configuration.providers.substitutes.sorted(by: { $0.key < $1.key }) {
            table.append(["substitutes.\(model.printable)", names.joined(separator: ", ").printable, place.printable])
        }
        return table.text
    }

    /// An object with `value` and `source` for each setting.
    package var json: String {
        var settings = JSONObject()
        for entry in configuration.concerning {
            var members = JSONObject()
            members["value"] = Self.json(of: entry)
            members["source"] = .string(entry.source.kind)
            if entry.source != .standard { members["place"] = .string("\(entry.source)") }
            settings[entry.row.path] = .object(members)
        }
        var document = JSONObject()
        document["role"] = .string(configuration.role.rawValue)
        document["settings"] = .object(settings)
        if configuration.role == .hub {
            document["providers"] = .array(configuration.providers.providers.map(Self.json))
            var substitutes = JSONObject()
            for (model, names) in configuration.providers.substitutes.sorted(by: { $0.key < $1.key }) {
                substitutes[model] = .array(names.map { .string($0) })
            }
            document["substitutes"] = .object(substitutes)
        }
        return JSONWriter.text(of: .object(document), isIndented: true) + "\n"
    }

    /// Where a key lies is said, what it is nobody reads here.
    private static func json(_ provider: ProviderSettings) -> JSONValue {
        var object = JSONObject()
        object["name"] = .string(provider.name)
        object["kind"] = .string(provider.kind.rawValue)
        object["url"] = .string(provider.url)
        object["models"] = .array(provider.models.map { .string($0.name) })
        switch provider.key {
        case .file(let path)?: object["keyFile"] = .string(path)
        case .variable(let name)?: object["keyVariable"] = .string(name)
        case nil: break
        }
        return .object(object)
    }

    private static func value(of entry: Configuration.Entry) -> String {
        if entry.words.isEmpty {
            let words = if case .nothing(let words) = entry.row.standard { words } else { "" }
            return words.isEmpty ? "-" : "(\(words))"
        }
        return entry.row.shape.isSecret ? "(set, and not shown)" : entry.words.joined(separator: ", ").printable
    }

    private static func json(of entry: Configuration.Entry) -> JSONValue {
        if entry.row.shape.isSecret, !entry.words.isEmpty { return "***" }
        let values = entry.words.map { word -> JSONValue in
            switch entry.row.shape.form {
            case .text: .string(word)
            case .number: Int64(word).map { .integer($0) } ?? .string(word)
            case .truth: .bool(word == "true")
            }
        }
        return entry.row.shape.isList ? .array(values) : values.first ?? .null
    }
}

extension Configuration.Source {
    /// The sort of source, in a word.
    package var kind: String {
        switch self {
        case .flag: "flag"
        case .variable: "environment"
        case .file: "file"
        case .standard: "default"
        }
    }
}
