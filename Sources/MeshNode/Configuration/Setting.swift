internal import MeshCommandLine
package import MeshCore

/// A typed key of the configuration: reads its value from a ``Configuration``.
package struct Setting<Value: Sendable>: Sendable {
    /// The row of the table without its type.
    package let row: SettingRow
}

extension Setting where Value: CommandLineValue {
    /// A setting that always has a value, by default the one that `standard` spells.
    init(
        _ path: String,
        flag: String,
        valueName: String? = nil,
        as syntax: ValueSyntax<Value> = Value.commandLineSyntax,
        _ standard: SettingDefault,
        for roles: [NodeRole],
        reloads: Bool = false,
        _ summary: String
    ) {
        let shape = SettingRow.Shape(isList: false, form: .of(Value.self), isSecret: false, isReloadable: reloads)
        row = SettingRow(path, flag: flag, valueName, syntax, shape, standard, roles, summary) {
            words throws(InvalidValue) in
            try syntax.parse(words.first ?? "")
        }
    }
}

extension Setting {
    /// A setting that may be missing; `standard` says in words what holds then.
    init<Wrapped: CommandLineValue>(
        _ path: String,
        flag: String,
        valueName: String? = nil,
        as syntax: ValueSyntax<Wrapped> = Wrapped.commandLineSyntax,
        _ standard: SettingDefault,
        for roles: [NodeRole],
        isSecret: Bool = false,
        reloads: Bool = false,
        _ summary: String
    ) where Value == Wrapped? {
        let shape = SettingRow.Shape(
            isList: false,
            form: .of(Wrapped.self),
            isSecret: isSecret,
            isReloadable: reloads
        )
        row = SettingRow(path, flag: flag, valueName, syntax, shape, standard, roles, summary) {
            words throws(InvalidValue) -> Wrapped? in
            guard let word = words.first else { return nil }
            return try syntax.parse(word)
        }
    }

    /// A setting of any number of values.
    init<Element: CommandLineValue>(
        _ path: String,
        flag: String,
        valueName: String? = nil,
        as syntax: ValueSyntax<Element> = Element.commandLineSyntax,
        _ standard: SettingDefault,
        for roles: [NodeRole],
        _ summary: String
    ) where Value == [Element] {
        let shape = SettingRow.Shape(isList: true, form: .of(Element.self), isSecret: false, isReloadable: false)
        row = SettingRow(path, flag: flag, valueName, syntax, shape, standard, roles, summary) {
            words throws(InvalidValue) in
            try words.map { word throws(InvalidValue) in try syntax.parse(word) }
        }
    }
}

/// What holds where nobody has said anything.
package enum SettingDefault: Hashable, Sendable {
    /// This, for every role.
    case value(String)
    /// This for hubs, and that for edges.
    case roles(hub: String, edge: String)
    /// No value; the words say what that means.
    case nothing(String)

    /// How `role` is given it; no word for no value.
    package func words(for role: NodeRole) -> [String] {
        switch self {
        case .value(let word): [word]
        case .roles(let hub, let edge): [role == .hub ? hub : edge]
        case .nothing: []
        }
    }

    /// The same for people.
    package var text: String {
        switch self {
        case .value(let word): word
        case .roles(let hub, let edge): "\(hub) for a hub, \(edge) for an edge"
        case .nothing(let words): words
        }
    }
}
