internal import MeshActors
internal import MeshCommandLine
internal import MeshStore

/// The check of a log before it is served or after it was copied, in a process that may crash.
enum StoreVerifyLogHereCommand {
    static let name = "verify-log-here"

    static let command = Command(
        name,
        summary: "Check anchor and log of a store that the calling process has open, in this process.",
        parameters: [StoreCommand.folder],
        exitCodes: [StoreCommand.unsound: "The log has a fault; no node may serve it."],
        isHidden: true
    ) { invocation in
        let folder = StoreFolder(path: invocation[StoreCommand.folder])
        let disk = try folder.lookAtLog(besideOwner: true)
        ChildProcess.expectCrash(afterWorkOf: try folder.logCheckSeconds(disk))
        do throws(JournalError) {
            try StoreVerification.checkLog(disk)
        } catch {
            invocation.terminal.writeErrorLine("FAULT  \(error)")
            return StoreCommand.unsound
        }
        return .success
    }
}
