/// What a process tells its caller when it ends.
package struct ExitCode: RawRepresentable, Hashable, Sendable {
    /// The number the operating system passes on.
    package let rawValue: UInt8

    /// A code of a command's own; its meaning belongs in the command's `exitCodes`.
    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The command did what it was asked.
    ///
    /// Also used when the reader of our output goes away (`| head`): a closed pipe ends a command quietly, so 141
    /// (128 + SIGPIPE) never occurs.
    package static let success = ExitCode(rawValue: 0)

    /// The command understood its words and could not do it; one line on standard error says why.
    package static let failure = ExitCode(rawValue: 1)

    /// The words make no command; nothing was done.
    package static let usage = ExitCode(rawValue: 2)

    /// The command was cancelled, as by Ctrl-C (128 + SIGINT).
    package static let interrupted = ExitCode(rawValue: 130)

    /// The rows every help page ends with; commands add their own.
    static let commonMeanings: KeyValuePairs<ExitCode, String> = [
        .success: "Success.",
        .failure: "Failure; standard error says why.",
        .usage: "Usage error: the command line is wrong and nothing was done.",
        .interrupted: "Interrupted (Ctrl-C).",
    ]
}
