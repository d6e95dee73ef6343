/// A named value: `--seconds 60` or `--seconds=60`.
///
/// The type says how often it may stand on a command line: `Option<Int>` once (required without a default),
/// `Option<Int?>` at most once, `Option<[Int]>` any number of times.
package struct Option<Value: Sendable>: ParameterKey {
    /// The declaration without its type.
    package let parameter: Parameter
}

extension Option where Value: CommandLineValue {
    /// An option of one value, required unless it has a default.
    package init(
        _ name: String,
        valueName: String? = nil,
        as syntax: ValueSyntax<Value> = Value.commandLineSyntax,
        default standard: Value? = nil,
        _ summary: String
    ) {
        let shape = ParameterShape.single(syntax, default: standard)
        parameter = shape.parameter(.option, name: name, valueName: valueName, summary: summary)
    }
}

extension Option {
    /// An option that may be left out; its value is then nil.
    package init<Wrapped: CommandLineValue>(
        _ name: String,
        valueName: String? = nil,
        as syntax: ValueSyntax<Wrapped> = Wrapped.commandLineSyntax,
        _ summary: String
    ) where Value == Wrapped? {
        let shape = ParameterShape.optional(syntax)
        parameter = shape.parameter(.option, name: name, valueName: valueName, summary: summary)
    }

    /// An option that may be repeated; its values come in the order typed.
    package init<Element: CommandLineValue>(
        _ name: String,
        valueName: String? = nil,
        as syntax: ValueSyntax<Element> = Element.commandLineSyntax,
        atLeast minimum: Int = 0,
        _ summary: String
    ) where Value == [Element] {
        let shape = ParameterShape.list(syntax, atLeast: minimum)
        parameter = shape.parameter(.option, name: name, valueName: valueName, summary: summary)
    }
}

extension Option where Value == [String] {
    /// The words themselves, each of which is checked to be a value of `syntax`; none where the option is left out.
    ///
    /// For whoever weighs what a command line says against other places. `defaultText` is for help alone.
    package init<Checked: Sendable>(
        _ name: String,
        valueName: String? = nil,
        checkedAs syntax: ValueSyntax<Checked>,
        isRepeatable: Bool = false,
        defaultText: String? = nil,
        group: String? = nil,
        _ summary: String
    ) {
        let shape = ParameterShape<[String]>(
            valueName: syntax.valueName,
            completion: syntax.completion,
            count: 0...(isRepeatable ? Int.max : 1),
            defaultText: defaultText
        ) { words throws(InvalidValue) in
            for word in words { _ = try syntax.parse(word) }
            return words
        }
        var parameter = shape.parameter(.option, name: name, valueName: valueName, summary: summary)
        parameter.group = group
        self.parameter = parameter
    }
}
