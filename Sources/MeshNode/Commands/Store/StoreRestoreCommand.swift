internal import MeshCommandLine

/// A store made from a copy.
enum StoreRestoreCommand {
    private static let source = Argument<String>("backup", as: .folder, "What `store backup` has written.")
    private static let target = Argument<String>("folder", as: .folder, "The store's folder; it must not hold a store.")

    static let command = Command(
        "restore",
        summary: "Make a store from a backup and verify it.",
        parameters: [source, target],
        examples: ["meshnode store restore /mnt/backup/today /var/lib/meshnode/store": "Then start the node."],
        exitCodes: [StoreCommand.unsound: "What was restored has faults."]
    ) { invocation in
        try StoreCopy.run(from: StoreFolder(path: invocation[source]), to: invocation[target], invocation)
    }
}
