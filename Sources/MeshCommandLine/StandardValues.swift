// The values of the standard library that a command line carries.

extension FixedWidthInteger where Self: CommandLineValue {
    /// A whole number in decimal digits.
    package static var commandLineSyntax: ValueSyntax<Self> {
        let isUnsurprising = Self.isSigned && Self.bitWidth == 64
        let limits = isUnsurprising ? "" : "from \(Self.min) to \(Self.max)"
        return ValueSyntax(valueName: "N", expected: "a whole number", limits: limits) { Self($0, radix: 10) }
    }
}

extension Int: CommandLineValue {}
extension Int64: CommandLineValue {}
extension UInt16: CommandLineValue {}
extension UInt32: CommandLineValue {}
extension UInt64: CommandLineValue {}

extension Double: CommandLineValue {
    /// A finite number; for telemetry and rates only, since nothing may be decided by floating point.
    package static var commandLineSyntax: ValueSyntax<Double> {
        ValueSyntax(valueName: "X", expected: "a number") { word in
            Double(word).flatMap { $0.isFinite ? $0 : nil }
        }
    }
}

extension Bool: CommandLineValue {
    /// For settings that need both answers; a plain switch is a ``Flag``.
    package static var commandLineSyntax: ValueSyntax<Bool> {
        ValueSyntax(valueName: "BOOL", expected: "true | false", completion: .words(["true", "false"])) { Bool($0) }
    }
}

extension String: CommandLineValue {
    /// Any word, the empty one included.
    package static var commandLineSyntax: ValueSyntax<String> {
        ValueSyntax(valueName: "TEXT", expected: "text", read: { $0 })
    }
}

extension ValueSyntax where Value == String {
    /// A file, which need not exist; the shell completes file names.
    package static var file: ValueSyntax {
        ValueSyntax(valueName: "FILE", expected: "a file name", completion: .files, read: nonEmpty)
    }

    /// A folder, which need not exist; the shell completes folder names.
    package static var folder: ValueSyntax {
        ValueSyntax(valueName: "FOLDER", expected: "a folder name", completion: .folders, read: nonEmpty)
    }

    /// One of some words known only at run time; where they are known before, an enum is better.
    package static func oneOf(_ words: [String]) -> ValueSyntax {
        ValueSyntax(expected: words.joined(separator: " | "), completion: .words(words)) { word in
            words.contains(word) ? word : nil
        }
    }

    private static func nonEmpty(_ word: String) -> String? {
        word.isEmpty ? nil : word
    }
}
