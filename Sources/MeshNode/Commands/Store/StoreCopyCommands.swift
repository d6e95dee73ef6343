internal import MeshCommandLine
internal import MeshStore

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
        try StoreCopy.run(from: invocation[StoreCommand.folder], to: invocation[target], invocation)
    }
}

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
        try StoreCopy.run(from: invocation[source], to: invocation[target], invocation)
    }
}

private enum StoreCopy {
    static func run(from source: String, to target: String, _ invocation: Invocation) throws -> ExitCode {
        let from = try StoreFolder(path: source).openLog(creating: false)
        let to = try StoreFolder(path: target).openLog(creating: true)
        let report = try StoreTool.copy(from, to: to)
        for fault in report.faults { try invocation.terminal.writeLine("FAULT  \(fault)") }
        try invocation.terminal.writeLine(
            "copied \(report.actors) actors, \(report.entries) entries, \(report.bytes) bytes"
        )
        return report.isSound ? .success : StoreCommand.unsound
    }
}
