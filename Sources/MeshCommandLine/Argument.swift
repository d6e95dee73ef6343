/// A value told by its place: the `NODE` of `meshnode status NODE`.
///
/// `Argument<String>` is one word (required without a default), `Argument<String?>` one word or none, and
/// `Argument<[String]>` takes the rest of the line, so it stands last. The name is shown in capitals.
package struct Argument<Value: Sendable>: ParameterKey {
    /// The declaration without its type.
    package let parameter: Parameter
}

extension Argument where Value: CommandLineValue {
    /// An argument of one word, required unless it has a default.
    package init(
        _ name: String,
        as syntax: ValueSyntax<Value> = Value.commandLineSyntax,
        default standard: Value? = nil,
        _ summary: String
    ) {
        let shape = ParameterShape.single(syntax, default: standard)
        parameter = shape.parameter(.argument, name: name, valueName: name.uppercased(), summary: summary)
    }
}

extension Argument {
    /// An argument that may be left out; its value is then nil.
    package init<Wrapped: CommandLineValue>(
        _ name: String,
        as syntax: ValueSyntax<Wrapped> = Wrapped.commandLineSyntax,
        _ summary: String
    ) where Value == Wrapped? {
        let shape = ParameterShape.optional(syntax)
        parameter = shape.parameter(.argument, name: name, valueName: name.uppercased(), summary: summary)
    }

    /// The rest of the line, at least `minimum` words of it.
    package init<Element: CommandLineValue>(
        _ name: String,
        as syntax: ValueSyntax<Element> = Element.commandLineSyntax,
        atLeast minimum: Int = 0,
        _ summary: String
    ) where Value == [Element] {
        let shape = ParameterShape.list(syntax, atLeast: minimum)
        parameter = shape.parameter(.argument, name: name, valueName: name.uppercased(), summary: summary)
    }
}
