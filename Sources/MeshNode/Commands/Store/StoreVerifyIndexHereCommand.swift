internal import MeshActors
internal import MeshCommandLine
internal import MeshStore

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
        ChildProcess.expectCrash(afterWorkOf: file.checkSeconds)
        do throws(JournalError) { try file.makeCheckedCopy() } catch { return StoreCommand.damagedIndex }
        return .success
    }
}
