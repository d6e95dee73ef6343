package import MeshCommandLine

/// `meshnode store`: look at a store that no node has open, copy it, bring it back.
package enum StoreCommand {
    static let folder = Argument<String>(
        "folder",
        as: .folder,
        "The store's folder, or the data folder of the node that it lies in."
    )
    static let unsound = ExitCode(rawValue: 3)
    static let damagedIndex = ExitCode(rawValue: 4)

    /// The store that `invocation` names: the folder itself, or `store` in it where that is there.
    static func store(_ invocation: Invocation) -> StoreFolder { LedgerCommand.Place(invocation[folder]).store }

    /// The group of commands.
    package static let command = Command(
        "store",
        summary: "Verify, measure, dump, back up or restore a store.",
        discussion: """
            These commands work on a store that no node has open: FOLDER is the store's own, as \
            /var/lib/meshnode/store, or the node's, as /var/lib/meshnode. They only read it, also on a medium that \
            cannot be written; `backup` and `restore` write to their target alone.
            """,
        subcommands: [
            StoreVerifyCommand.command,
            StoreStatsCommand.command,
            StoreDumpCommand.command,
            StoreBackupCommand.command,
            StoreRestoreCommand.command,
        ]
    )
}
