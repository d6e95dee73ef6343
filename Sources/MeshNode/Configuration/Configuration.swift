internal import MeshCommandLine
package import MeshCore
package import MeshJSON

/// Every setting of a node with its value and where that came from; what is wrong has been refused before.
package struct Configuration: Sendable {
    /// One setting as it holds.
    package struct Entry: Sendable {
        /// Which.
        package let row: SettingRow
        /// Its value as words: none, one, or as many as the list has.
        package let words: [String]
        /// Who says so.
        package let source: Source
        fileprivate let value: any Sendable

        init(_ row: SettingRow, _ words: [String], _ source: Source, _ value: any Sendable) {
            self.row = row
            self.words = words
            self.source = source
            self.value = value
        }
    }

    /// Who has said what a setting is, the strongest first.
    package enum Source: Hashable, Sendable {
        /// The command line.
        case flag(String)
        /// The environment.
        case variable(String)
        /// The file.
        case file(String, JSONPosition)
        /// Nobody.
        case standard
    }

    /// What the node does.
    package let role: NodeRole
    /// The settings in the order of the table, those of other roles included.
    package let entries: [Entry]

    /// What a file says beside them: of providers.
    package let providers: ProviderSection

    init(role: NodeRole, entries: [Entry], providers: ProviderSection) {
        self.role = role
        self.entries = entries
        self.providers = providers
    }

    /// Those that concern a node of this role.
    package var concerning: [Entry] { entries.filter { $0.row.roles.contains(role) } }

    /// The value of a setting.
    package subscript<Value>(setting: Setting<Value>) -> Value {
        guard let entry = self[setting.row.path], let value = entry.value as? Value else {
            preconditionFailure("'\(setting.row.path)' is no setting of the table, or is of another type")
        }
        return value
    }

    /// The setting called `path`.
    package subscript(path: String) -> Entry? { entries.first { $0.row.path == path } }

    /// Where to look for a setting that is wrong together with another: `node.json5:3:7`, `--listen`.
    package func place<Value>(of setting: Setting<Value>) -> String {
        guard let entry = self[setting.row.path], entry.source != .standard else { return setting.row.path }
        return "\(entry.source)"
    }
}

extension Configuration.Source: CustomStringConvertible {
    /// `--listen`, `MESHNODE_HUB_LISTEN`, `node.json5:3:7` or `default`.
    package var description: String {
        switch self {
        case .flag(let flag): "--\(flag)"
        case .variable(let name): name
        case .file(let path, let position): "\(path):\(position.line):\(position.column)"
        case .standard: "default"
        }
    }
}

/// Something that is wrong with a configuration; its place may be a flag or a variable too.
package typealias ConfigurationMistake = JSONMistake

/// All that is wrong with a configuration, in the order in which people find it.
package struct ConfigurationError: Error, CustomStringConvertible {
    /// What is wrong, at least one.
    package let mistakes: [ConfigurationMistake]

    init(_ mistakes: [ConfigurationMistake]) { self.mistakes = mistakes }

    init(_ place: String, _ message: String) { self.init([ConfigurationMistake(place: place, message: message)]) }

    package var description: String { mistakes.map(\.description).joined(separator: "; ") }
}
