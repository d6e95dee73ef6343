package import MeshCommandLine

/// What a program that opens stores runs itself again for: what may crash, and what takes memory.
package enum StoreChildCommand {
    static let name = "store-child"

    /// The group, which every program has that opens a store with ``StoreFolder``.
    package static let command = Command(
        name,
        summary: "Work on a store that runs in a process of its own.",
        subcommands: [
            StoreVerifyHereCommand.command,
            StoreVerifyIndexHereCommand.command,
            StoreVerifyLogHereCommand.command,
            StoreMakeIndexHereCommand.command,
        ],
        isHidden: true
    )

    /// Runs one of them on the store at `path`.
    static func run(_ command: String, on path: String) -> ChildProcessEnd? {
        ChildProcess.runSelf([name, command, "--", path])
    }
}
