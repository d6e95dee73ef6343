import Glibc

/// A whole program: a tree of commands and a version, ready to be given the words of a command line.
///
/// Adds to the tree what every program of the house has: `--help`, `--version` and `completions`.
package struct Program: Sendable {
    private let root: Command
    private let version: String

    /// The command must be free of faults (see ``Command/declarationFaults``): a tree that contradicts itself is a
    /// mistake in the program and stops it at once.
    package init(_ command: Command, version: String) {
        let root = CompletionsCommand.added(to: command)
        let faults = root.declarationFaults
        precondition(faults.isEmpty, "'\(root.name)' is declared wrongly: \(faults.joined(separator: "; "))")
        self.root = root
        self.version = version
    }

    /// Runs this process's command line and ends the process: the one call of an executable's `main`.
    package func runProcess() async -> Never {
        // A closed pipe is an error of write(2), reported to the command that writes.
        signal(SIGPIPE, SIG_IGN)
        let code = await run(arguments: Array(CommandLine.arguments.dropFirst()), terminal: .descriptors())
        // Not exit(3): that tears libraries down (OpenSSL, behind libcurl and libpq) below threads that still run or
        // are just ending, and a program that had done its work would now and then die of it.
        fflush(nil)
        _exit(Int32(code.rawValue))
    }

    /// Does what the words behind the program's name ask for.
    ///
    /// Results and requested help go to standard output, everything else to standard error. Cancelling the task
    /// cancels the command; one that throws `CancellationError` ends as ``ExitCode/interrupted``.
    package func run(arguments: [String], terminal: Terminal) async -> ExitCode {
        do {
            switch try CommandLineParser.parse(arguments, root: root) {
            case .help(let path):
                try terminal.write(HelpPage(path: path, width: terminal.width).text)
            case .version:
                try terminal.writeLine("\(root.name) \(version)")
            case .run(let path, let run, let values):
                return try await run(Invocation(path: path, values: values, terminal: terminal))
            }
            return .success
        } catch {
            return report(error, to: terminal)
        }
    }

    private func report(_ error: any Error, to terminal: Terminal) -> ExitCode {
        switch error {
        case TerminalError.closed:
            return .success
        case is CancellationError:
            return .interrupted
        case let error as UsageError:
            terminal.writeErrorLine("\(root.name): error: \(error)")
            return .usage
        default:
            terminal.writeErrorLine("\(root.name): error: \(oneLine(error))")
            return .failure
        }
    }

    /// An error's own description; one without is named by its type alone, since its fields may hold anything.
    private func oneLine(_ error: any Error) -> String {
        guard let error = error as? any CustomStringConvertible else {
            return "unexpected error of type \(type(of: error))"
        }
        return error.description.split(whereSeparator: \.isNewline).joined(separator: " ").printable
    }
}
