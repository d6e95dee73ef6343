/// What a command line asks for.
enum ParsedCommandLine: Sendable {
    case help(CommandPath)
    case version
    case run(CommandPath, Command.Run, ParameterValues)
}

/// The values of a command's parameters by ``Parameter/label``.
typealias ParameterValues = [String: any Sendable]

/// Reads the words behind a program's name, left to right and once.
///
/// Pure: words in, what they ask for or a ``UsageError`` out.
///
/// A plain word names a sub-command where there are any, and is an argument elsewhere. Options may stand anywhere
/// behind the command that declares them; `--` makes plain words of all that follows it.
struct CommandLineParser {
    private var words: ArraySlice<String>
    private var path: CommandPath
    private var given: [(option: Parameter, word: String)] = []
    private var operands: [String] = []
    private var wantsHelp: Bool
    private var wantsVersion = false

    static func parse(_ words: [String], root: Command) throws(UsageError) -> ParsedCommandLine {
        var parser = CommandLineParser(words: words, root: root)
        return try parser.parse()
    }

    private init(words: [String], root: Command) {
        self.words = words[...]
        path = CommandPath(root: root)
        // Exact, because a word that looks like an option is never the value of another (see `nextValue`).
        wantsHelp = words.prefix { $0 != "--" }.contains { $0 == "-h" || $0 == "--help" }
    }

    private mutating func parse() throws(UsageError) -> ParsedCommandLine {
        do {
            try readWords()
        } catch {
            // Who asks for help gets it in spite of mistakes, unless it is not clear for which command.
            guard wantsHelp, error.code != .unknownCommand else { throw error }
        }
        if wantsHelp { return .help(path) }
        if wantsVersion { return .version }
        guard let run = path.command.run else { throw .missingCommand(at: path) }
        return .run(path, run, try values())
    }

    private mutating func readWords() throws(UsageError) {
        while let word = words.popFirst() {
            if word == "--" {
                operands += words
                words = []
            } else if word == "-h" || word == "--help" {
                continue
            } else if path.isRoot, word == "--version" {
                wantsVersion = true
            } else if word.looksLikeOption {
                try readOption(word)
            } else {
                try readPlainWord(word)
            }
        }
    }

    private mutating func readPlainWord(_ word: String) throws(UsageError) {
        if let subcommand = path.command.subcommand(named: word) {
            path = path.appending(subcommand)
        } else if path.isRoot, word == "help" {
            wantsHelp = true
        } else if path.command.subcommands.isEmpty {
            operands.append(word)
        } else {
            throw .unknownCommand(word, at: path)
        }
    }

    private mutating func readOption(_ word: String) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts.first ?? word
        let inlineValue = parts.dropFirst().first
        guard let option = path.options.first(where: { $0.label == name }) else {
            throw .unknownOption(name, at: path)
        }
        guard option.isRepeatable || !given.contains(where: { $0.option.label == name }) else {
            throw .repeated(option, at: path)
        }
        if option.kind == .option {
            let value = if let inlineValue { inlineValue } else { try nextValue(of: option) }
            given.append((option, value))
        } else if inlineValue == nil {
            given.append((option, name))
        } else {
            throw .unexpectedValue(of: option, at: path)
        }
    }

    /// The value behind an option.
    ///
    /// A word that looks like an option is taken for one, so that a forgotten value is noticed here;
    /// `--name=-value` says it all the same.
    private mutating func nextValue(of option: Parameter) throws(UsageError) -> String {
        let next = words.first == "--" ? nil : words.first
        guard let value = next, !value.looksLikeOption else {
            throw .missingValue(of: option, before: next, at: path)
        }
        words.removeFirst()
        return value
    }

    private func values() throws(UsageError) -> ParameterValues {
        // An option typed before a sub-command must be one that the sub-command inherits.
        let options = path.options
        for (option, _) in given where !options.contains(where: { $0.label == option.label }) {
            throw .unknownOption(option.label, at: path)
        }
        var values: ParameterValues = [:]
        for option in options {
            let words = given.filter { $0.option.label == option.label }.map(\.word)
            values[option.label] = try value(of: option, words)
        }
        var rest = operands[...]
        for argument in path.command.arguments {
            values[argument.label] = try value(of: argument, Array(rest.prefix(argument.count.upperBound)))
            rest = rest.dropFirst(argument.count.upperBound)
        }
        if let word = rest.first {
            throw .unexpectedArgument(word, at: path)
        }
        return values
    }

    private func value(of parameter: Parameter, _ words: [String]) throws(UsageError) -> any Sendable {
        guard words.count >= parameter.count.lowerBound else {
            throw .missing(parameter, at: path)
        }
        do {
            return try parameter.read(words)
        } catch {
            throw .invalidValue(error, for: parameter, at: path)
        }
    }
}

extension String {
    /// Whether the parser takes this word for an option.
    ///
    /// It is one if it starts with a dash and a letter or has more behind two dashes. A lone dash, negative numbers and
    /// anything else behind a dash are plain words.
    fileprivate var looksLikeOption: Bool {
        guard let second = dropFirst().first, first == "-" else { return false }
        return second.isLetter || (second == "-" && count > 2)
    }
}
