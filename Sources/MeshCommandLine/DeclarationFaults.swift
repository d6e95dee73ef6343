extension Command {
    /// What is wrong with this command as the root of a program; empty for a sound tree.
    ///
    /// The types rule out most mistakes; these are the ones that only the whole tree shows.
    package var declarationFaults: [String] {
        CommandPath(root: self).walk(includingHidden: true).flatMap { path in
            path.faults.map { "'\(path.name)' \($0)" }
        }
    }
}

extension CommandPath {
    fileprivate var faults: [String] {
        shapeFaults + nameFaults + argumentFaults
    }

    private var shapeFaults: [String] {
        var faults: [String] = []
        if command.run == nil, command.subcommands.isEmpty {
            faults.append("has neither run nor sub-commands")
        }
        if !command.arguments.isEmpty, !command.subcommands.isEmpty {
            faults.append("has both arguments and sub-commands")
        }
        for parameter in command.inherited where parameter.kind == .argument || parameter.isRequired {
            faults.append("shares \(parameter.label), which is an argument or required")
        }
        return faults
    }

    private var nameFaults: [String] {
        let names = [command.name] + (command.parameters + command.inherited).map(\.name)
        let labels = options.map(\.label) + command.arguments.map(\.label)
        return names.filter { !$0.isName }.map { "uses '\($0)', which is no lower-case name" }
            + labels.repeated.map { "declares \($0) twice" }
            + command.subcommands.map(\.name).repeated.map { "has two sub-commands \($0)" }
            + (command.parameters + command.inherited).filter { !$0.completion.isPlain }.map {
                "lists words for \($0.label) that a shell would have to quote"
            }
    }

    private var argumentFaults: [String] {
        zip(command.arguments, command.arguments.dropFirst()).compactMap { argument, next in
            if argument.isRepeatable { return "has \(next.label) behind \(argument.label), which takes the rest" }
            if next.isRequired, !argument.isRequired { return "requires \(next.label) behind an optional argument" }
            return nil
        }
    }
}

extension [String] {
    fileprivate var repeated: [String] {
        var seen: Set<String> = []
        return filter { !seen.insert($0).inserted }
    }
}

extension String {
    fileprivate var isName: Bool {
        guard let first, ("a"..."z").contains(first) else { return false }
        return utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }
}

extension Completion {
    fileprivate var isPlain: Bool {
        guard case .words(let words) = self else { return true }
        return words.allSatisfy { word in
            !word.isEmpty && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._+-/".contains($0)) }
        }
    }
}
