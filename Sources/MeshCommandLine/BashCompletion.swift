/// The completion script for bash: it walks the words typed so far to a key, and looks the key up in one `case`.
///
/// A key is the place (`meshnode node`) and what is due there: `:-` an option, `:--format` that option's value, `:0`
/// the first argument or a sub-command.
struct BashCompletion {
    let program: String
    let places: [CommandPath]

    var script: String {
        """
        # bash completion for \(program); printed by '\(program) completions bash'.
        _\(program)() {
            local current=${COMP_WORDS[COMP_CWORD]} place='\(program)' option='' operands=0 ended='' key word index
            for ((index = 1; index < COMP_CWORD; index++)); do
                word=${COMP_WORDS[index]}
                if [[ $option ]]; then
                    # bash splits --name=value into three words.
                    [[ $word == '=' ]] || option=''
                elif [[ ! $ended && $word == -- ]]; then
                    ended=yes
                elif [[ ! $ended && $word == -* ]]; then
                    case "$place $word" in
        \(patterns(valueOptionWords, "option=$word"))
                    esac
                else
                    case "$place $word" in
        \(patterns(places.dropFirst().map(\.name), #"place="$place $word""#))
                    *) operands=$((operands + 1)) ;;
                    esac
                fi
            done
            if [[ $option ]]; then
                key=$place:$option
                [[ $current != '=' ]] || current=''
            elif [[ ! $ended && $current == -* ]]; then
                key=$place:-
            else
                key=$place:$operands
            fi
            COMPREPLY=()
            case $key in
        \(places.flatMap(answers).joined(separator: "\n"))
            esac
        }
        complete -F _\(program) \(program)

        """
    }

    private var valueOptionWords: [String] {
        places.flatMap { place in place.valueOptions.map { "\(place.name) \($0.label)" } }
    }

    private func patterns(_ words: [String], _ action: String) -> String {
        words.map { "            '\($0)') \(action) ;;" }.joined(separator: "\n")
    }

    private func answers(at place: CommandPath) -> [String] {
        var offers = [(key: "'\(place.name):-'", offer: Completion.words(place.options.map(\.label)))]
        offers += place.valueOptions.map { ("'\(place.name):\($0.label)'", $0.completion) }
        let subcommands = place.command.visibleSubcommands.map(\.name)
        if !subcommands.isEmpty {
            offers.append(("'\(place.name):0'", .words(subcommands)))
        }
        for (index, argument) in place.command.arguments.enumerated() {
            // A repeatable argument is the last one: it also answers for all places behind its own.
            let number = argument.isRepeatable ? "[0-9]*" : "\(index)"
            offers.append(("'\(place.name):'\(number)", argument.completion))
        }
        return offers.compactMap { answer(to: $0.key, $0.offer) }
    }

    private func answer(to key: String, _ offer: Completion) -> String? {
        let generator: String
        switch offer {
        case .none: return nil
        case .words(let words): generator = "-W '\(words.joined(separator: " "))'"
        case .files: generator = "-f"
        case .folders: generator = "-d"
        }
        // Outside of a completion, as in tests, there are no options to set.
        let setup = offer == .files || offer == .folders ? "compopt -o filenames 2> /dev/null; " : ""
        return "    \(key)) \(setup)mapfile -t COMPREPLY < <(compgen \(generator) -- \"$current\") ;;"
    }
}
