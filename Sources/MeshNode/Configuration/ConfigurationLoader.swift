internal import MeshCommandLine
package import MeshCore
package import MeshJSON

/// Weighs what the command line, the environment, a file and the table say of each setting.
///
/// Flag before environment before file before default: that is said here and nowhere else. A list is taken from the
/// strongest that has one, never put together.
package struct ConfigurationLoader: Sendable {
    private let flags: @Sendable (SettingRow) -> [String]
    private let ground: any ConfigurationGround

    /// A loader for what `flags` says of each setting and for what `ground` holds.
    package init(
        flags: @escaping @Sendable (SettingRow) -> [String] = { _ in [] },
        ground: any ConfigurationGround
    ) {
        self.flags = flags
        self.ground = ground
    }

    /// The variable that names the file, where no flag does.
    package static let fileVariable = "MESHNODE_CONFIG"

    /// The settings as they hold, or everything that is wrong with them; the file is the one at `path`, if any.
    ///
    /// Nil where nobody says what the node is to be.
    package func load(file path: String?) throws(ConfigurationError) -> Configuration? {
        let variables = ground.variables
        var file: ConfigurationFile?
        if let path = path ?? variables[Self.fileVariable] {
            file = ConfigurationFile(try ground.content(of: path), path: path)
        }
        var mistakes = file?.mistakes ?? []
        mistakes += Self.unknown(among: variables)
        var said: [(row: SettingRow, words: [String], source: Configuration.Source)?] = []
        for row in Settings.all { said.append(self.said(row, variables, file)) }
        let role = said.compactMap { $0 }.first { $0.row.path == Settings.role.row.path }?.words.first
            .flatMap(NodeRole.init(rawValue:))
        // Without a role the rest is checked all the same.
        var entries: [Configuration.Entry] = []
        for (row, said) in zip(Settings.all, said) {
            let words = said?.words ?? row.standard.words(for: role ?? .hub)
            let source = said?.source ?? .standard
            do throws(InvalidValue) {
                entries.append(Configuration.Entry(row, words, source, try row.read(words)))
            } catch {
                mistakes.append(Self.mistake(error, row, source))
            }
        }
        guard mistakes.isEmpty else {
            let inFile = mistakes.filter { $0.position != nil }.sorted { $0.isBefore($1) }
            throw ConfigurationError(inFile + mistakes.filter { $0.position == nil })
        }
        return role.map { Configuration(role: $0, entries: entries, providers: file?.providers ?? ProviderSection()) }
    }

    /// What `section`, which stands at `root` of another file, says to a node of `role`, as it is to be started.
    ///
    /// `decided` are settings that somebody else says; the error has everything that is wrong, with its place.
    package static func words(
        of section: JSONObject,
        at root: [JSONStep],
        of source: JSONSource,
        for role: NodeRole,
        besides decided: [SettingRow]
    ) throws(ConfigurationError) -> StartWords {
        let file = ConfigurationFile(section, at: root, of: source)
        var mistakes = file.mistakes
        var words = StartWords()
        for row in Settings.all {
            guard let found = file.found[row.path] else { continue }
            let steps = root + row.steps.map { .key($0) }
            if decided.contains(where: { $0.path == row.path }) {
                mistakes.append(source.mistake(at: steps, "'\(row.path)' is decided elsewhere: leave it out"))
            } else if !row.roles.contains(role) {
                let words = "'\(row.path)' is not a setting of a node with the role '\(role.rawValue)'"
                mistakes.append(source.mistake(at: steps, words))
            } else {
                do throws(InvalidValue) { _ = try row.read(found.words) } catch {
                    mistakes.append(mistake(error, row, .file(source.path, found.position)))
                }
            }
            if row.shape.isSecret {
                words.variables[row.variable] = found.words.joined(separator: ",")
            } else {
                words.flags += found.words.map { "--\(row.flag)=\($0)" }
            }
        }
        guard mistakes.isEmpty else { throw ConfigurationError(mistakes) }
        return words
    }

    /// What a process of a node is started with.
    package struct StartWords: Hashable, Sendable {
        /// Words of its command line, which everybody on the machine may read.
        package var flags: [String] = []
        /// What it finds in its environment, which its own user alone may read: secrets.
        package var variables: [String: String] = [:]

        /// Nothing at all.
        package init() {}
    }

    /// The strongest who says something of `row`.
    private func said(
        _ row: SettingRow,
        _ variables: [String: String],
        _ file: ConfigurationFile?
    ) -> (row: SettingRow, words: [String], source: Configuration.Source)? {
        let words = flags(row)
        if !words.isEmpty { return (row, words, .flag(row.flag)) }
        if let text = variables[row.variable] {
            return (row, row.shape.isList ? Self.elements(of: text) : [text], .variable(row.variable))
        }
        guard let file, let found = file.found[row.path] else { return nil }
        return (row, found.words, .file(file.path, found.position))
    }

    /// The environment has a list as one text with commas.
    private static func elements(of text: String) -> [String] {
        text.split(separator: ",").map { element in
            let rest = element.drop { $0 == " " }
            return String(rest.reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func mistake(
        _ error: InvalidValue,
        _ row: SettingRow,
        _ source: Configuration.Source
    ) -> ConfigurationMistake {
        let word = row.shape.isSecret ? "what is there" : "'\(error.word.prefix(60).description.printable)'"
        let hint = error.nearest.map { "; did you mean '\($0)'?" } ?? ""
        let position: JSONPosition? = if case .file(_, let position) = source { position } else { nil }
        return ConfigurationMistake(
            place: "\(source)",
            message: "\(word) is not right for '\(row.path)': expected \(error.expected)\(hint)",
            position: position
        )
    }

    /// Variables that are named as ours are and mean nothing: somebody believes that they do.
    private static func unknown(among variables: [String: String]) -> [ConfigurationMistake] {
        let known = Settings.all.map(\.variable)
        let sections = Set(Settings.all.filter { $0.steps.count > 1 }.map { "MESHNODE_\($0.steps[0].uppercased())_" })
        return variables.keys.sorted().compactMap { name in
            guard !known.contains(name), sections.contains(where: { name.hasPrefix($0) }) else { return nil }
            let hint = name.nearest(among: known).map { "; did you mean '\($0)'?" } ?? ""
            return ConfigurationMistake(place: name, message: "there is no such setting\(hint)")
        }
    }
}
