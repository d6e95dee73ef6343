internal import MeshActors
internal import MeshCore
package import MeshStore

/// Where a node's store lies: one folder with the log, and beside it the index that is made from it.
///
///     FOLDER/log/         segments and anchor, the truth
///     FOLDER/index.mdb    LMDB, made again from the log where it is missing or damaged
package struct StoreFolder: Sendable {
    /// The folder.
    package let path: String

    /// The store at `path`.
    package init(path: String) { self.path = path }

    /// The log's folder as a disk, which takes its lock: one process at a time.
    package func openLog(creating: Bool) throws(StoreFolderError) -> POSIXDisk {
        do {
            if creating { try POSIXDisk.makeFolder(path) }
            return try POSIXDisk(path: "\(path)/log", creating: creating)
        } catch {
            throw StoreFolderError(.unusable, "the store '\(path)' cannot be opened: \(error.message)", cause: error)
        }
    }

    /// The store, opened for a node; an index that does not pass is made again, and the other is caught up.
    ///
    /// The log is checked by its own opening. The index is taken as it is only with its seal; otherwise a child
    /// process copies and checks it, and its crash, its complaint or its dawdling is the end of that index.
    package func open() async throws -> (store: LogStore, index: IndexCondition) {
        let disk = try openLog(creating: true)
        let condition = try settleIndex()
        let index = BackgroundIndex(before: try indexFile.openOrMakeAgain())
        return (try await LogStore.open(on: disk, index: index), condition)
    }

    /// What has become of the index before a store is served.
    package enum IndexCondition: Hashable, Sendable {
        /// It is as it was closed, or there is none.
        case sealed
        /// It was not closed, and has been checked.
        case checked
        /// It is gone, because it did not pass.
        case madeAgain(reason: String)
    }

    private func settleIndex() throws -> IndexCondition {
        let file = indexFile
        if !file.exists || file.isSealed { return .sealed }
        let end = ChildProcess.runSelf(["store", StoreVerifyIndexHereCommand.name, "--", path])
        if end == .exited(0) {
            try file.adoptCheckedCopy()
            return .checked
        }
        try file.remove()
        return .madeAgain(reason: end.map { "its check \($0)" } ?? "it could not be checked")
    }

    /// The index as a file.
    package var indexFile: IndexFile { IndexFile(path: indexPath) }

    /// Where the index is.
    package var indexPath: String { "\(path)/index.mdb" }
}
