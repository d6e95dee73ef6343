/// The completion script for fish: one `complete` line per word that can be offered, each under the condition that
/// the words typed so far lead to its place.
///
/// A place is written `meshnode node:0`: the command, and how many of its arguments are already there.
struct FishCompletion {
    let program: String
    let places: [CommandPath]

    var script: String {
        """
        # fish completion for \(program); printed by '\(program) completions fish'.
        function __\(program)_place
            set -l place \(program)
            set -l operands 0
            set -l option ''
            set -l ended ''
            for word in (commandline -opc)[2..-1]
                if test -n "$option"
                    set option ''
                else if test -z "$ended"; and test "$word" = --
                    set ended yes
                else if test -z "$ended"; and string match -q -- '-*' $word
                    switch "$place $word"
                        case \(list(places.flatMap { place in place.valueOptions.map { "\(place.name) \($0.label)" } }))
                            set option $word
                    end
                else
                    switch "$place $word"
                        case \(list(places.dropFirst().map(\.name)))
                            set place "$place $word"
                        case '*'
                            set operands (math $operands + 1)
                    end
                end
            end
            echo $place:$operands
        end
        function __\(program)_at
            string match -q -- $argv[1] (__\(program)_place)
        end
        complete -c \(program) -e
        complete -c \(program) -f
        \(places.flatMap(lines).joined(separator: "\n"))

        """
    }

    private func list(_ words: [String]) -> String {
        // `case` without words is no error in fish and never matches.
        words.map { "'\($0)'" }.joined(separator: " ")
    }

    private func lines(for place: CommandPath) -> [String] {
        let options = place.options.map { line(at: "\(place.name):*", option($0)) }
        let subcommands = place.command.visibleSubcommands.map {
            line(at: "\(place.name):0", "-a \($0.name) -d \(quoted($0.summary))")
        }
        let arguments = place.command.arguments.enumerated().compactMap { index, argument in
            value(argument.completion).map {
                line(at: "\(place.name):\(argument.isRepeatable ? "*" : "\(index)")", $0)
            }
        }
        return subcommands + options + arguments
    }

    private func line(at place: String, _ offer: String) -> String {
        "complete -c \(program) -n \"__\(program)_at '\(place)'\" \(offer)"
    }

    private func option(_ option: Parameter) -> String {
        let short = option.name == Parameter.help.name ? "-s h " : ""
        let named = "\(short)-l \(option.name) -d \(quoted(option.summary))"
        guard option.kind == .option else { return named }
        return "\(named) -r \(value(option.completion) ?? "-f")"
    }

    private func value(_ completion: Completion) -> String? {
        switch completion {
        case .none: nil
        case .files: "-F"
        case .folders: "-f -a '(__fish_complete_directories)'"
        case .words(let words): "-f -a '\(words.joined(separator: " "))'"
        }
    }

    private func quoted(_ text: String) -> String {
        let escaped = text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: #"\\"#)
        return escaped.shellQuoted(quote: #"\'"#)
    }
}
