/// One command of a program, as data: what it is called, what it takes, how it is explained and what it does.
///
/// A tree of commands is the whole declaration of a program's command line; parsing, help and completion scripts all
/// read it. A command has sub-commands, or it has `run`, or both (`run` then answers when no sub-command is named).
package struct Command: Sendable {
    /// Does the work.
    ///
    /// Errors thrown here become one line on standard error and ``ExitCode/failure``.
    package typealias Run = @Sendable (Invocation) async throws -> ExitCode

    let name: String
    let summary: String
    let discussion: String
    let parameters: [Parameter]
    let inherited: [Parameter]
    var subcommands: [Command]
    let examples: KeyValuePairs<String, String>
    let exitCodes: KeyValuePairs<ExitCode, String>
    let isHidden: Bool
    let run: Run?

    /// Declares a command.
    ///
    /// - `discussion` holds paragraphs parted by empty lines; help wraps them.
    /// - `parameters` belong to this command alone; `inherited` flags and options to its sub-commands as well.
    /// - `examples` pair a command line with one sentence about it.
    /// - `exitCodes` are the rows this command adds to (or rewords in) the common ones.
    /// - a hidden command works, but neither help nor completion nor suggestions name it.
    package init(
        _ name: String,
        summary: String,
        discussion: String = "",
        parameters: [any ParameterKey] = [],
        inherited: [any ParameterKey] = [],
        subcommands: [Command] = [],
        examples: KeyValuePairs<String, String> = [:],
        exitCodes: KeyValuePairs<ExitCode, String> = [:],
        isHidden: Bool = false,
        run: Run? = nil
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.parameters = parameters.map(\.parameter)
        self.inherited = inherited.map(\.parameter)
        self.subcommands = subcommands
        self.examples = examples
        self.exitCodes = exitCodes
        self.isHidden = isHidden
        self.run = run
    }

    var visibleSubcommands: [Command] {
        subcommands.filter { !$0.isHidden }
    }

    /// Arguments in the order they are typed.
    var arguments: [Parameter] {
        parameters.filter { $0.kind == .argument }
    }

    func subcommand(named name: String) -> Command? {
        subcommands.first { $0.name == name }
    }
}
