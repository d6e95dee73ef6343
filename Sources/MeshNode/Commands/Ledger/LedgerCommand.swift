internal import Glibc
package import MeshCommandLine
internal import MeshCore
internal import MeshLedger
internal import MeshStore
internal import MeshUsageStore

/// `meshnode ledger`: prove the accounts of a hub that is stopped, or of a copy of its store, and print their postings.
package enum LedgerCommand {
    static let folder = Argument<String>(
        "folder",
        as: .folder,
        "The data folder of a stopped hub, or the folder of a store, as a backup."
    )
    static let json = Flag("json", "Print JSON in place of the table.")
    static let account = Option<String?>("account", valueName: "NAME", "Only this account.")
    static let faulty = ExitCode(rawValue: 3)

    /// The group of commands.
    package static let command = Command(
        "ledger",
        summary: "Prove and print the accounts of a hub that is stopped.",
        discussion: """
            These commands read the store of a hub that is not running, or a copy of it, and change nothing. \
            Amounts are nano-dollars: a billion is one dollar. Those of `reconcile` are millionths of a dollar, as \
            Stripe counts them.
            """,
        subcommands: [
            LedgerVerifyCommand.command, LedgerExportCommand.command, LedgerReconcileCommand.command,
        ]
    )

    /// Where the store and the database of usage are, of a hub's folder or of a store alone.
    struct Place {
        let store: StoreFolder
        let usagePath: String?

        init(_ folder: String) {
            let hub = HubFolder(path: folder)
            let isHub = access(hub.store.path, F_OK) == 0
            store = isHub ? hub.store : StoreFolder(path: folder)
            usagePath = isHub && access(hub.usagePath, F_OK) == 0 ? hub.usagePath : nil
        }
    }

    /// Says that the account that was asked for is not there.
    static func refuseUnknown(_ invocation: Invocation) -> ExitCode {
        let words = "there is no account of that name in the folder"
        invocation.terminal.writeErrorLine("\(invocation.commandName): error: \(words)")
        return .failure
    }

    /// The accounts in `place`, and the disk that they are read from.
    static func open(_ place: Place) throws -> (store: StoppedStore, disk: POSIXDisk) {
        let disk = try place.store.lookAtLog()
        do {
            return (try StoppedStore(disk, of: Ledger.kind), disk)
        } catch {
            disk.close()
            throw error
        }
    }
}
