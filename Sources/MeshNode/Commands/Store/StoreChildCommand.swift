package import MeshCommandLine

/// What a program that opens stores runs itself again for: checks that may crash.
package enum StoreChildCommand {
    static let name = "store-child"

    /// The group, which every program has that opens a store with ``StoreFolder``.
    package static let command = Command(
        name,
        summary: "Checks of a store that run in a process of their own.",
        subcommands: [
            StoreVerifyHereCommand.command,
            StoreVerifyIndexHereCommand.command,
            StoreVerifyLogHereCommand.command,
        ],
        isHidden: true
    )

    /// Runs one of them on the store at `path`.
    static func run(_ command: String, on path: String) -> ChildProcessEnd? {
        ChildProcess.runSelf([name, command, "--", path])
    }
}
