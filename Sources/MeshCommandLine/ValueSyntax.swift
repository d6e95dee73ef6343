/// How one word of a command line becomes a value, and how help, errors and completion speak of such values.
///
/// `ValueSyntax` is data: an option that accepts less than its type does (a range, an existing folder, three words)
/// says so with `as:`, and parsing, error text, help and completion all follow.
package struct ValueSyntax<Value: Sendable>: Sendable {
    /// Stands for the value in help: `N`, `FILE`; nil for the name of the option itself.
    package let valueName: String?
    private let noun: String
    private let limits: String
    /// What a shell offers for it.
    package let completion: Completion
    let read: @Sendable (String) -> Value?
    let print: @Sendable (Value) -> String

    /// Ends the sentence "expected …" when a word is refused.
    package var expected: String {
        limits.isEmpty ? noun : "\(noun) \(limits)"
    }

    /// A syntax of your own.
    ///
    /// `expected` is a noun phrase ("a node name") that `limits` may follow ("of at most 64 letters"); `read` answers
    /// nil for a word it refuses, and `print` gives the word back for a value, as help shows it for a default.
    package init(
        valueName: String? = nil,
        expected noun: String,
        limits: String = "",
        completion: Completion = .none,
        read: @escaping @Sendable (String) -> Value?,
        print: @escaping @Sendable (Value) -> String = { "\($0)" }
    ) {
        self.valueName = valueName
        self.noun = noun
        self.limits = limits
        self.completion = completion
        self.read = read
        self.print = print
    }

    /// The word that spells `value`.
    package func text(of value: Value) -> String { self.print(value) }

    /// The value that `word` spells.
    package func parse(_ word: String) throws(InvalidValue) -> Value {
        guard let value = read(word) else {
            throw InvalidValue(word: word, expected: expected, nearest: nearest(to: word))
        }
        return value
    }

    private func nearest(to word: String) -> String? {
        guard case .words(let words) = completion else { return nil }
        return word.nearest(among: words)
    }
}

/// A word that its ``ValueSyntax`` refuses; the parser adds which option it was meant for.
package struct InvalidValue: Error {
    /// The word.
    package let word: String
    /// Ends the sentence "expected …".
    package let expected: String
    /// What was probably meant.
    package let nearest: String?
}

/// A type whose values can be written as one word of a command line.
///
/// An enum with string raw values conforms without a line of code: `extension Format: CommandLineValue {}`.
package protocol CommandLineValue: Sendable {
    /// The syntax of options and arguments that name no narrower one.
    static var commandLineSyntax: ValueSyntax<Self> { get }
}

extension CommandLineValue where Self: CaseIterable & RawRepresentable<String> {
    /// The raw values, one word each.
    package static var commandLineSyntax: ValueSyntax<Self> {
        let words = allCases.map(\.rawValue)
        return ValueSyntax(
            expected: words.joined(separator: " | "),
            completion: .words(words),
            read: { Self(rawValue: $0) },
            print: \.rawValue
        )
    }
}

extension ValueSyntax where Value: CommandLineValue & Comparable {
    /// Values of a closed range: `.within(1...65_535)`, `.within(.seconds(1) ... .seconds(60))`.
    package static func within(_ range: ClosedRange<Value>) -> ValueSyntax {
        let whole = Value.commandLineSyntax
        return whole.narrowed("from \(whole.print(range.lowerBound)) to \(whole.print(range.upperBound))") {
            range.contains($0)
        }
    }

    /// Values from a minimum up.
    package static func atLeast(_ minimum: Value) -> ValueSyntax {
        let whole = Value.commandLineSyntax
        return whole.narrowed("of at least \(whole.print(minimum))") { $0 >= minimum }
    }

    private func narrowed(_ limits: String, accepts: @escaping @Sendable (Value) -> Bool) -> ValueSyntax {
        ValueSyntax(
            valueName: valueName,
            expected: noun,
            limits: limits,
            completion: completion,
            read: { [read] word in read(word).flatMap { accepts($0) ? $0 : nil } },
            print: print
        )
    }
}
