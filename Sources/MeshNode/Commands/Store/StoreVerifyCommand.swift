internal import MeshCommandLine
internal import MeshCore
internal import MeshStore

/// Checks a store in a child process, because a damaged index may crash whoever reads it.
enum StoreVerifyCommand {
    static let command = Command(
        "verify",
        summary: "Check every byte of a store.",
        discussion: """
            Reads the log from its first byte to its last: checksums, order, and the chain of hashes of every \
            actor, up to the end that the anchor outside the log remembers. Then it compares the index. A fault \
            names the record.
            """,
        parameters: [StoreCommand.folder],
        examples: ["meshnode store verify /var/lib/meshnode/store": "Ends with 0 only for a sound store."],
        exitCodes: [StoreCommand.unsound: "The store has faults; no node may serve it."]
    ) { invocation in
        switch ChildProcess.runSelf(["store", StoreVerifyHereCommand.name, "--", invocation[StoreCommand.folder]]) {
        case .exited(let code):
            return ExitCode(rawValue: UInt8(truncatingIfNeeded: code))
        case .killed(let signal):
            try invocation.terminal.writeLine("FAULT  reading it crashed with signal \(signal)")
            return StoreCommand.unsound
        case nil:
            throw StoreFolderError(.notVerified, "no process could be started to verify in")
        }
    }
}

/// The checking itself, in a process that may crash.
enum StoreVerifyHereCommand {
    static let name = "verify-here"

    static let command = Command(
        name,
        summary: "Check a store in this process.",
        parameters: [StoreCommand.folder],
        exitCodes: [StoreCommand.unsound: "The store has faults."],
        isHidden: true
    ) { invocation in
        let folder = StoreFolder(path: invocation[StoreCommand.folder])
        let disk = try folder.openLog(creating: false)
        let report =
            folder.hasIndex
            ? StoreVerification.verify(disk, try LMDBIndex(path: folder.indexPath)) : StoreVerification.verify(disk)
        for fault in report.faults { try invocation.terminal.writeLine("FAULT  \(fault)") }
        for remark in report.remarks { try invocation.terminal.writeLine("note   \(remark)") }
        let verdict = report.isSound ? "sound" : "not sound"
        try invocation.terminal.writeLine(
            "\(verdict): \(report.actors) actors, \(report.entries) entries in \(report.records) records, "
                + "\(report.batches) batches, \(report.segments) segments"
        )
        return report.isSound ? .success : StoreCommand.unsound
    }
}
