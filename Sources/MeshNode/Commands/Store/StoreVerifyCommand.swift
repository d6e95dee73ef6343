internal import MeshActors
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
            actor, up to the end that the anchor outside the log remembers. Then it compares the index. A fault names the record.
            """,
        parameters: [StoreCommand.folder],
        examples: ["meshnode store verify /var/lib/meshnode/store": "Ends with 0 only for a sound store."],
        exitCodes: [
            StoreCommand.unsound: "The store has faults; no node may serve it.",
            StoreCommand.damagedIndex: "The log is sound, the index damaged; a node will make it again.",
        ]
    ) { invocation in
        let path = invocation[StoreCommand.folder]
        let report = try verifyLog(StoreFolder(path: path))
        for fault in report.faults { try invocation.terminal.writeLine("FAULT  \(fault)") }
        for remark in report.remarks { try invocation.terminal.writeLine("note   \(remark)") }
        let verdict = report.isSound ? "sound" : "\(report.faults.count) faults"
        try invocation.terminal.writeLine(
            "\(verdict): \(report.actors) actors, \(report.entries) entries in \(report.records) records, "
                + "\(report.batches) batches, \(report.segments) segments"
        )
        guard report.isSound else { return StoreCommand.unsound }
        return try verifyIndex(StoreFolder(path: path), invocation)
    }

    private static func verifyLog(_ folder: StoreFolder) throws -> VerificationReport {
        let disk = try folder.openLog(creating: false)
        defer { disk.close() }
        return StoreVerification.verify(disk)
    }

    private static func verifyIndex(_ folder: StoreFolder, _ invocation: Invocation) throws -> ExitCode {
        guard folder.indexFile.exists else { return .success }
        if !folder.indexFile.isSealed {
            try invocation.terminal.writeLine("note   the index is not as it was last closed; opening will check it")
        }
        switch ChildProcess.runSelf(["store", StoreVerifyHereCommand.name, "--", folder.path]) {
        case .exited(0): return .success
        case .exited(Int32(StoreCommand.damagedIndex.rawValue)): break
        case .exited(let code): try invocation.terminal.writeLine("INDEX  reading it ended with \(code)")
        case .killed(let signal): try invocation.terminal.writeLine("INDEX  reading it crashed with signal \(signal)")
        case nil: throw StoreFolderError(.notVerified, "no process could be started to verify in")
        }
        return StoreCommand.damagedIndex
    }
}

/// The comparison of an index with its log, in a process that may crash.
enum StoreVerifyHereCommand {
    static let name = "verify-here"

    static let command = Command(
        name,
        summary: "Compare the index of a sound store with its log, in this process.",
        parameters: [StoreCommand.folder],
        exitCodes: [StoreCommand.damagedIndex: "The index is damaged."],
        isHidden: true
    ) { invocation in
        let folder = StoreFolder(path: invocation[StoreCommand.folder])
        let disk = try folder.openLog(creating: false)
        // The log is read here too, which takes its time.
        let bytes = try disk.names().reduce(0) { try $0 + disk.open($1, creating: false).size() }
        let seconds = min(bytes / Limits.Store.indexCheckBytesPerSecond, 1 << 30)
        ChildProcess.expectCrash(afterAtMost: folder.indexFile.checkSeconds + UInt32(seconds))
        do throws(JournalError) {
            let index = try LMDBIndex(path: folder.indexPath, isReadOnly: true)
            try index.check()
            try StoreVerification.compare(index, with: disk)
        } catch {
            try invocation.terminal.writeLine("INDEX  it has to be made again: \(error.message)")
            return StoreCommand.damagedIndex
        }
        return .success
    }
}

/// The check of an index that was not closed, by itself, in a process that may crash.
enum StoreVerifyIndexHereCommand {
    static let name = "verify-index-here"

    static let command = Command(
        name,
        summary: "Copy the index of a store, whose log may be open, and check the copy, in this process.",
        parameters: [StoreCommand.folder],
        exitCodes: [StoreCommand.damagedIndex: "The index is damaged."],
        isHidden: true
    ) { invocation in
        let file = StoreFolder(path: invocation[StoreCommand.folder]).indexFile
        ChildProcess.expectCrash(afterAtMost: file.checkSeconds)
        do throws(JournalError) { try file.makeCheckedCopy() } catch { return StoreCommand.damagedIndex }
        return .success
    }
}
