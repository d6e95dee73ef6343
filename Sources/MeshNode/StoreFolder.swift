internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshLedger
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

    /// The log's folder as a disk that is only read, while no process has it open or, `besideOwner`, for a child of it.
    package func lookAtLog(besideOwner: Bool = false) throws(StoreFolderError) -> POSIXDisk {
        do {
            return try POSIXDisk(lookingAt: "\(path)/log", besideOwner: besideOwner)
        } catch {
            let advice = error.code == .held ? "; stop that node first, or name a backup of its store" : ""
            throw StoreFolderError(
                .unusable,
                "the store '\(path)' cannot be opened: \(error.message)\(advice)",
                cause: error
            )
        }
    }

    /// Refuses a folder that has anything in it: an index that lies there would be taken for that of a copy.
    package func requireEmpty() throws(StoreFolderError) {
        guard let content = try? POSIXDisk.names(in: path), !content.isEmpty else { return }
        throw StoreFolderError(.unusable, "'\(path)' holds something, but the target is to be empty or missing")
    }

    /// The store, opened for a node; an index that does not pass is made again, and the other is caught up.
    ///
    /// First a child process reads anchor and log from the first byte to the last; its complaint, its crash or its
    /// dawdling is the end. The index is taken as it is only with its seal; otherwise another child copies and checks
    /// it, and the same costs that index.
    package func open(
        _ configuration: LogConfiguration = LogConfiguration()
    ) async throws -> (store: LogStore, index: IndexCondition) {
        let disk = try openLog(creating: true)
        try checkLog()
        let condition = try settleIndex(disk)
        let index = BackgroundIndex(before: try indexFile.openOrMakeAgain())
        var configuration = configuration
        configuration.keepsHistoryOf.formUnion(Self.historyKinds)
        return (try await LogStore.open(on: disk, index: index, configuration), condition)
    }

    /// What nobody may forget, though a snapshot stands for it: accounts are proved from their first posting on.
    static let historyKinds: Set<ActorKind> = [Ledger.kind]

    /// Lets a child process check the log, which this process must have open.
    package func checkLog() throws(StoreFolderError) {
        let problem: String
        switch StoreChildCommand.run(StoreVerifyLogHereCommand.name, on: path) {
        case .exited(0): return
        case .exited(Int32(StoreCommand.unsound.rawValue)): problem = "its log does not check"
        case .exited(let code): problem = "the check of its log ended with \(code)"
        case .killed(let signal): problem = "the check of its log was ended by signal \(signal)"
        case nil: throw StoreFolderError(.notVerified, "no process could be started to check '\(path)' in")
        }
        throw StoreFolderError(.damaged, "the store '\(path)' is not served: \(problem)")
    }

    /// Copies `store`, which goes on serving, into this folder, and lets a child process check the copy.
    package func takeBackup(of store: LogStore) async throws {
        try requireEmpty()
        let disk = try openLog(creating: true)
        defer { disk.close() }
        try await store.backUp(to: disk)
        try checkLog()
    }

    /// How much work a check of the log on `disk` may be before it counts as a damage that leads in circles.
    func logCheckSeconds(_ disk: POSIXDisk) throws -> UInt32 {
        let seconds = try logBytes(disk) / Limits.Store.indexCheckBytesPerSecond
        return Limits.Store.indexCheckSeconds + UInt32(min(seconds, 1 << 30))
    }

    /// What has become of the index before a store is served.
    package enum IndexCondition: Hashable, Sendable {
        /// There is none: opening makes it from the log.
        case missing
        /// There was none, and a child process has made it from a long log.
        case made
        /// It is as it was closed.
        case sealed
        /// It was not closed, and has been checked.
        case checked
        /// It is gone, because it did not pass.
        case madeAgain(reason: String)
    }

    private func settleIndex(_ disk: POSIXDisk) throws -> IndexCondition {
        let file = indexFile
        if !file.exists {
            return try makeIndex(disk) ? .made : .missing
        }
        if file.isSealed { return .sealed }
        let end = StoreChildCommand.run(StoreVerifyIndexHereCommand.name, on: path)
        if end == .exited(0) {
            try file.adoptCheckedCopy()
            return .checked
        }
        try file.remove()
        _ = try makeIndex(disk)
        return .madeAgain(reason: end.map { "its check \($0)" } ?? "it could not be checked")
    }

    /// Lets a child process play a long log: what that takes would stay with the node.
    ///
    /// Where the child does not come to its end the node does it by itself, as with a short log.
    private func makeIndex(_ disk: POSIXDisk) throws -> Bool {
        guard try logBytes(disk) > Self.bytesPlayedByNode else { return false }
        if StoreChildCommand.run(StoreMakeIndexHereCommand.name, on: path) == .exited(0) { return true }
        try indexFile.remove()
        return false
    }

    /// A log up to this size is played faster than a process begins, and leaves little memory behind.
    private static let bytesPlayedByNode = 16 * 1_024 * 1_024

    private func logBytes(_ disk: POSIXDisk) throws -> Int {
        try disk.names().reduce(0) { try $0 + disk.open($1, creating: false).size() }
    }

    /// The index as a file.
    package var indexFile: IndexFile { IndexFile(path: indexPath) }

    /// Where the index is.
    package var indexPath: String { "\(path)/index.mdb" }
}
