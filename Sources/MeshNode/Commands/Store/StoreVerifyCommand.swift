internal import MeshCommandLine
internal import MeshCore
internal import MeshStore

/// Checks a store, its index in a child process, because a damaged one may crash whoever reads it.
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
        exitCodes: [
            StoreCommand.unsound: "The store has faults; no node may serve it.",
            StoreCommand.damagedIndex: "The log is sound, the index damaged; a node will make it again.",
        ]
    ) { invocation in
        let folder = StoreCommand.store(invocation)
        let report = try verifyLog(folder)
        for fault in report.faults { try invocation.terminal.writeLine("FAULT  \(fault)") }
        for remark in report.remarks { try invocation.terminal.writeLine("note   \(remark)") }
        let verdict = report.isSound ? "sound" : "not sound"
        try invocation.terminal.writeLine(
            "\(verdict): \(report.actors) actors, \(report.entries) entries in \(report.records) records, "
                + "\(report.batches) batches, \(report.segments) segments"
        )
        guard report.isSound else { return StoreCommand.unsound }
        return try verifyIndex(folder, invocation)
    }

    private static func verifyLog(_ folder: StoreFolder) throws -> VerificationReport {
        let disk = try folder.lookAtLog()
        defer { disk.close() }
        return StoreVerification.verify(disk)
    }

    private static func verifyIndex(_ folder: StoreFolder, _ invocation: Invocation) throws -> ExitCode {
        guard folder.indexFile.exists else { return .success }
        if !folder.indexFile.isSealed {
            try invocation.terminal.writeLine("note   the index is not as it was last closed; opening will check it")
        }
        switch StoreChildCommand.run(StoreVerifyHereCommand.name, on: folder.path) {
        case .exited(0): return .success
        case .exited(Int32(StoreCommand.damagedIndex.rawValue)): break
        case .exited(let code): try invocation.terminal.writeLine("INDEX  reading it ended with \(code)")
        case .killed(let signal): try invocation.terminal.writeLine("INDEX  reading it crashed with signal \(signal)")
        case nil: throw StoreFolderError(.notVerified, "no process could be started to verify in")
        }
        return StoreCommand.damagedIndex
    }
}
