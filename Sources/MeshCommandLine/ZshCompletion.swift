/// The completion script for zsh: one function per command, each a call of zsh's own `_arguments`.
struct ZshCompletion {
    let program: String
    let places: [CommandPath]

    var script: String {
        """
        #compdef \(program)
        # zsh completion for \(program); printed by '\(program) completions zsh'.

        \(places.map(function).joined(separator: "\n"))
        # Autoloaded from fpath, this file is the function's first call; sourced, it registers the function.
        if [[ $funcstack[1] == _\(program) ]]; then
            _\(program) "$@"
        else
            compdef _\(program) \(program)
        fi

        """
    }

    private func function(for place: CommandPath) -> String {
        let subcommands = place.command.visibleSubcommands
        let isLeaf = subcommands.isEmpty
        // Behind the name of a sub-command, options are for that command's function to read: -A stops here.
        let rules = isLeaf ? "-C -S" : "-C -S -A '-*'"
        let operands = isLeaf ? place.command.arguments.map(argument) : ["'1: :->command'", "'*:: :->rest'"]
        let specifications = (place.options.map(option) + operands).map { " \\\n        \($0)" }.joined()
        return """
            \(name(of: place))() {
                local curcontext=$curcontext state
                local -a line
                local -A opt_args
                _arguments \(rules)\(specifications)
            \(isLeaf ? "" : dispatch(to: subcommands, from: place))}

            """
    }

    private func dispatch(to subcommands: [Command], from place: CommandPath) -> String {
        let described = subcommands.map { "            \(quoted("\($0.name):\($0.summary)"))" }
        let calls = subcommands.map { "        \($0.name)) \(name(of: place.appending($0))) ;;" }
        return """
                case $state in
                command)
                    local -a commands=(
            \(described.joined(separator: "\n"))
                    )
                    _describe -t commands command commands
                    ;;
                rest)
                    case $words[1] in
            \(calls.joined(separator: "\n"))
                    esac
                    ;;
                esac

            """
    }

    /// `_meshnode_node_status`: unambiguous, because names hold no underscore.
    private func name(of place: CommandPath) -> String {
        "_" + place.name.split(separator: " ").joined(separator: "_")
    }

    private func option(_ option: Parameter) -> String {
        let text = "[\(escaped(option.summary))]"
        guard option.name != Parameter.help.name else {
            // Nothing else makes sense beside it.
            return quoted("(-)\(option.label)\(text)")
        }
        guard option.kind == .option else { return quoted(option.label + text) }
        let repeated = option.isRepeatable ? "*" : ""
        return quoted("\(repeated)\(option.label)=\(text):\(escaped(option.valueName)):\(action(option.completion))")
    }

    private func argument(_ argument: Parameter) -> String {
        let place = argument.isRepeatable ? "*" : argument.isRequired ? "" : ":"
        return quoted("\(place):\(escaped(argument.label)):\(action(argument.completion))")
    }

    private func action(_ completion: Completion) -> String {
        switch completion {
        case .none: " "
        case .files: "_files"
        case .folders: "_files -/"
        case .words(let words): "(\(words.joined(separator: " ")))"
        }
    }

    /// Text inside a specification of `_arguments`, where brackets and colons part the fields.
    private func escaped(_ text: String) -> String {
        text.map { "[]:\\".contains($0) ? "\\\($0)" : "\($0)" }.joined()
    }

    private func quoted(_ text: String) -> String {
        text.shellQuoted(quote: #"'\''"#)
    }
}
