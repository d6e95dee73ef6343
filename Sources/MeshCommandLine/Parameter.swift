/// A typed key: declares a parameter on a ``Command`` and reads its value from an ``Invocation``.
///
/// Conformed to by ``Flag``, ``Option`` and ``Argument`` only.
package protocol ParameterKey<Value>: Sendable {
    /// What ``Invocation/subscript(_:)`` returns for this key.
    associatedtype Value: Sendable

    /// The declaration without its type.
    var parameter: Parameter { get }
}

/// One flag, option or argument as the parser, the help and the completion scripts see it: without its value type.
package struct Parameter: Sendable {
    enum Kind: Hashable {
        case flag
        case option
        case argument
    }

    let kind: Kind
    let name: String
    let valueName: String
    let summary: String
    let defaultText: String?
    let completion: Completion
    /// How many words this parameter takes: `1...1` required, `0...1` optional, up to `Int.max` repeatable.
    let count: ClosedRange<Int>
    let read: @Sendable ([String]) throws(InvalidValue) -> any Sendable
    /// Under which heading help shows it; nil among the others.
    var group: String?

    /// What the user types for it, or what stands for it: `--seconds`, `NODE`; unique among a command's parameters.
    var label: String {
        kind == .argument ? valueName : "--\(name)"
    }

    /// The label, and for an option what follows it: `--seconds N`.
    var synopsis: String {
        kind == .option ? "\(label) \(valueName)" : label
    }

    var isRequired: Bool { count.lowerBound > 0 }

    var isRepeatable: Bool { count.upperBound > 1 }

    static let help = Flag("help", "Print this help; also -h.").parameter
    static let version = Flag("version", "Print the version.").parameter
}

/// How many words a parameter takes and what becomes of them; shared by options and arguments.
struct ParameterShape<Value: Sendable>: Sendable {
    let valueName: String?
    let completion: Completion
    let count: ClosedRange<Int>
    let defaultText: String?
    let read: @Sendable ([String]) throws(InvalidValue) -> Value

    func parameter(_ kind: Parameter.Kind, name: String, valueName: String?, summary: String) -> Parameter {
        Parameter(
            kind: kind,
            name: name,
            valueName: valueName ?? self.valueName ?? name.uppercased(),
            summary: summary,
            defaultText: defaultText,
            completion: completion,
            count: count,
            read: { [read] words throws(InvalidValue) in try read(words) }
        )
    }
}

extension ParameterShape {
    /// One word; without a default it is required.
    static func single(_ syntax: ValueSyntax<Value>, default standard: Value?) -> ParameterShape {
        ParameterShape(
            valueName: syntax.valueName,
            completion: syntax.completion,
            count: (standard == nil ? 1 : 0)...1,
            defaultText: standard.map(syntax.print)
        ) { words throws(InvalidValue) in
            if words.isEmpty, let standard { return standard }
            // The parser has checked `count`: without a default there is a word.
            return try syntax.parse(words.first ?? "")
        }
    }

    /// One word or none.
    static func optional<Wrapped>(_ syntax: ValueSyntax<Wrapped>) -> ParameterShape where Value == Wrapped? {
        ParameterShape(
            valueName: syntax.valueName,
            completion: syntax.completion,
            count: 0...1,
            defaultText: nil
        ) { words throws(InvalidValue) in
            guard let word = words.first else { return nil }
            return try syntax.parse(word)
        }
    }

    /// Any number of words from a minimum up, in the order typed.
    static func list<Element>(
        _ syntax: ValueSyntax<Element>,
        atLeast minimum: Int
    ) -> ParameterShape where Value == [Element] {
        ParameterShape(
            valueName: syntax.valueName,
            completion: syntax.completion,
            count: minimum...Int.max,
            defaultText: nil
        ) { words throws(InvalidValue) in
            try words.map { word throws(InvalidValue) in try syntax.parse(word) }
        }
    }
}
