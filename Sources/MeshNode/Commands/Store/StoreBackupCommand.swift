internal import MeshCommandLine

/// A copy of a store that no node has open.
enum StoreBackupCommand {
    private static let target = Argument<String>("target", as: .folder, "An empty folder, made where it is missing.")

    static let command = Command(
        "backup",
        summary: "Copy a store and verify the copy.",
        parameters: [StoreCommand.folder, target],
        examples: ["meshnode store backup /var/lib/meshnode/store /mnt/backup/today": "The index is left out."],
        exitCodes: [StoreCommand.unsound: "The copy has faults."]
    ) { invocation in
        try StoreCopy.run(from: StoreCommand.store(invocation), to: invocation[target], invocation)
    }
}
