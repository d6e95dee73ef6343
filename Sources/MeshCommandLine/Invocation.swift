/// One call of a command: the values of its parameters, and the terminal it talks to.
package struct Invocation: Sendable {
    /// Where the command writes.
    package let terminal: Terminal
    /// The command as typed: `meshnode node status`.
    package let commandName: String
    private let values: ParameterValues

    init(path: CommandPath, values: ParameterValues, terminal: Terminal) {
        self.terminal = terminal
        self.values = values
        commandName = path.name
    }

    /// The value of a parameter; its type is the key's.
    ///
    /// The key must be declared on the command that runs, or inherited by it: anything else is a mistake in the
    /// program, not on the command line, and stops it.
    package subscript<Key: ParameterKey>(key: Key) -> Key.Value {
        let label = key.parameter.label
        guard let stored = values[label], let value = stored as? Key.Value else {
            preconditionFailure("'\(commandName)' reads '\(label)', which it does not declare with this type")
        }
        return value
    }

    /// The error to throw when values are right one by one and wrong together: `--from` later than `--to`.
    package func usageError(_ message: String) -> UsageError {
        UsageError(code: .contradiction, message: message, commandName: commandName)
    }
}
