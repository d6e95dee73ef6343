/// A switch, off unless named: `--json`.
package struct Flag: ParameterKey {
    /// Whether the flag was named.
    package typealias Value = Bool

    /// The declaration without its type.
    package let parameter: Parameter

    /// `name` is what follows the two dashes; `summary` is one sentence for the help.
    package init(_ name: String, _ summary: String) {
        parameter = Parameter(
            kind: .flag,
            name: name,
            valueName: "",
            summary: summary,
            defaultText: nil,
            completion: .none,
            count: 0...1,
            read: { words in !words.isEmpty }
        )
    }
}
