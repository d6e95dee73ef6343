internal import MeshActors
internal import MeshCommandLine
internal import MeshStore

/// The making of an index from a long log, in a process whose memory goes with it.
enum StoreMakeIndexHereCommand {
    static let name = "make-index-here"

    static let command = Command(
        name,
        summary: "Make the missing index of a store that the calling process has open, in this process.",
        parameters: [StoreCommand.folder],
        isHidden: true
    ) { invocation in
        let folder = StoreFolder(path: invocation[StoreCommand.folder])
        let disk = try folder.lookAtLog(besideOwner: true)
        // No time is too long for it: the log has been checked, and the caller would need as long.
        let index = try folder.indexFile.openOrMakeAgain()
        try IndexMaking.play(disk, to: index)
        index.close()
        return .success
    }
}
