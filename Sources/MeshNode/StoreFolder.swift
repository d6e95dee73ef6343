internal import Glibc
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
        if creating { try makeFolder() }
        do {
            return try POSIXDisk(path: "\(path)/log", creating: creating)
        } catch {
            throw StoreFolderError(.unusable, "the store '\(path)' cannot be opened: \(error.message)", cause: error)
        }
    }

    /// The store, opened for a node; the index is caught up from the log.
    package func open() async throws -> LogStore {
        let disk = try openLog(creating: true)
        let index = BackgroundIndex(before: try LMDBIndex(path: indexPath))
        return try await LogStore.open(on: disk, index: index)
    }

    /// Where the index is.
    package var indexPath: String { "\(path)/index.mdb" }

    /// Whether there is an index to compare.
    package var hasIndex: Bool { access(indexPath, F_OK) == 0 }

    private func makeFolder() throws(StoreFolderError) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw StoreFolderError(.unusable, "the folder '\(path)' cannot be made: \(String(cString: strerror(errno)))")
    }
}
