internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshStore

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
        let disk = try folder.lookAtLog()
        // The log is read here too, which takes its time.
        ChildProcess.expectCrash(afterWorkOf: folder.indexFile.checkSeconds + (try folder.logCheckSeconds(disk)))
        do throws(JournalError) {
            let index = try LMDBIndex(path: folder.indexPath, isReadOnly: true)
            try index.check()
            try StoreVerification.compare(index, with: disk, keepingHistoryOf: StoreFolder.historyKinds)
        } catch {
            try invocation.terminal.writeLine("INDEX  it has to be made again: \(error.message)")
            return StoreCommand.damagedIndex
        }
        return .success
    }
}
