internal import MeshCommandLine
internal import MeshCore
internal import MeshStore

/// What `store backup` and `store restore` have in common: a log copied to where nothing is, and checked there.
enum StoreCopy {
    static func run(from source: StoreFolder, to target: String, _ invocation: Invocation) throws -> ExitCode {
        let from = try source.lookAtLog()
        let folder = StoreFolder(path: target)
        try folder.requireEmpty()
        let to = try folder.openLog(creating: true)
        try StoreTool.copy(from, to: to)
        do throws(StoreFolderError) {
            try folder.checkLog()
        } catch {
            guard error.code == .damaged else { throw error }
            try invocation.terminal.writeLine("FAULT  \(error.message)")
            return StoreCommand.unsound
        }
        let report = StoreVerification.verify(to)
        for fault in report.faults { try invocation.terminal.writeLine("FAULT  \(fault)") }
        try invocation.terminal.writeLine(
            "copied \(report.actors) actors, \(report.entries) entries, \(report.bytes) bytes"
        )
        return report.isSound ? .success : StoreCommand.unsound
    }
}
