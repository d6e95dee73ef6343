/// A command line that makes no command: what is wrong, what was probably meant, and where help is.
///
/// The message repeats the user's own words to the user's own terminal, shortened and with control characters
/// spelled out; it is not for logs.
package struct UsageError: Error, Hashable, CustomStringConvertible {
    /// The kinds of mistake.
    package enum Code: Hashable, Sendable {
        case unknownCommand
        case missingCommand
        case unknownOption
        case repeatedOption
        case missingOption
        case missingValue
        case unexpectedValue
        case invalidValue
        case missingArgument
        case unexpectedArgument
        /// Words that are right one by one and wrong together; see ``Invocation/usageError(_:)``.
        case contradiction
    }

    /// What kind of mistake it is.
    package let code: Code
    /// What is wrong, in one line without a full stop.
    package let message: String
    /// The deepest command that was recognized, as typed: `meshnode node status`.
    package let commandName: String

    /// The message, and a last line that names the way to help.
    package var description: String {
        "\(message)\nSee '\(commandName) --help'."
    }
}

extension UsageError {
    static func unknownCommand(_ word: String, at path: CommandPath) -> UsageError {
        let nearest = word.nearest(among: path.command.visibleSubcommands.map(\.name))
        return path.error(.unknownCommand, "unknown command \(word.quoted)" + hint(nearest))
    }

    static func missingCommand(at path: CommandPath) -> UsageError {
        let names = path.command.visibleSubcommands.map(\.name).joined(separator: ", ")
        return path.error(.missingCommand, "'\(path.name)' needs a command: \(names)")
    }

    static func unknownOption(_ word: String, at path: CommandPath) -> UsageError {
        let below = path.walk(includingHidden: false).first { $0.options.contains { $0.label == word } }
        let place = below.map { "; it belongs behind '\($0.name)'" }
        let nearest = word.nearest(among: path.options.map(\.label))
        return path.error(.unknownOption, "unknown option \(word.quoted)" + (place ?? hint(nearest)))
    }

    static func repeated(_ option: Parameter, at path: CommandPath) -> UsageError {
        path.error(.repeatedOption, "'\(option.label)' may be given only once")
    }

    static func missing(_ parameter: Parameter, at path: CommandPath) -> UsageError {
        let code: Code = parameter.kind == .argument ? .missingArgument : .missingOption
        let amount = parameter.count.lowerBound > 1 ? " (at least \(parameter.count.lowerBound) times)" : ""
        return path.error(code, "missing '\(parameter.synopsis)'\(amount)")
    }

    static func missingValue(of option: Parameter, before next: String?, at path: CommandPath) -> UsageError {
        let found = next.map { "; for the value \($0.quoted) write \("\(option.label)=\($0)".quoted)" } ?? ""
        return path.error(.missingValue, "'\(option.synopsis)' lacks its value\(found)")
    }

    static func unexpectedValue(of flag: Parameter, at path: CommandPath) -> UsageError {
        path.error(.unexpectedValue, "'\(flag.label)' takes no value")
    }

    static func invalidValue(_ value: InvalidValue, for parameter: Parameter, at path: CommandPath) -> UsageError {
        let text = "invalid value \(value.word.quoted) for '\(parameter.synopsis)': expected \(value.expected)"
        return path.error(.invalidValue, text + hint(value.nearest))
    }

    static func unexpectedArgument(_ word: String, at path: CommandPath) -> UsageError {
        path.error(.unexpectedArgument, "unexpected argument \(word.quoted)")
    }

    private static func hint(_ nearest: String?) -> String {
        nearest.map { "; did you mean '\($0)'?" } ?? ""
    }
}

extension CommandPath {
    fileprivate func error(_ code: UsageError.Code, _ message: String) -> UsageError {
        UsageError(code: code, message: message, commandName: name)
    }
}

extension String {
    /// A user's word inside a message: in quotes, on one line, of bounded length.
    fileprivate var quoted: String {
        let limit = 60
        let shown = count > limit ? prefix(limit) + "…" : self[...]
        return "'\(String(shown).printable)'"
    }
}
