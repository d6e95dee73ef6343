internal import Glibc
internal import MeshCore
internal import MeshIO

/// The database of usage behind a thread of its own, which waits for the disk in the place of its callers.
///
/// It is opened when it is first asked, and again after a failure. A file that is no database any more is put aside, as
/// `FILE.damaged`, and one that somebody has taken away is seen: in both cases an empty one takes its place, and
/// whoever fills it begins anew.
package final class UsageStore: Sendable {
    /// Where the file is.
    package let path: String

    private let lane = WorkLane(capacity: Limits.UsageStore.maximumWaiting, yieldsToOthers: true)
    private let opened = Opened()

    /// What the lane's thread alone touches: pieces of work never run at the same time.
    private final class Opened: @unchecked Sendable {
        var database: UsageDatabase?
        var file: FileIdentity?
    }

    private struct FileIdentity: Hashable {
        let device: dev_t
        let number: ino_t
    }

    /// The database at `path`; its folder is there.
    package init(path: String) { self.path = path }

    /// Lets `body` have the database, behind whoever asked before.
    package func perform<Value: Sendable>(
        _ body: @escaping @Sendable (UsageDatabase) throws(UsageStoreError) -> Value
    ) async throws(UsageStoreError) -> Value {
        try await lane.run(refusing: Self.error) { [self] () throws(UsageStoreError) -> Value in
            do throws(UsageStoreError) {
                return try body(database())
            } catch {
                settle(error)
                throw error
            }
        }
    }

    /// Closes the file, behind whoever asked before.
    package func close() async {
        let opened = opened
        do throws(UsageStoreError) {
            try await lane.run(refusing: Self.error) { () throws(UsageStoreError) in opened.database = nil }
        } catch {
            // No thread, or too much waits: then the last reference closes it.
        }
    }

    private static func error(_ refusal: WorkLane.Refusal) -> UsageStoreError {
        UsageStoreError(refusal == .full ? .busy : .unusable, refusal.message)
    }

    private func database() throws(UsageStoreError) -> UsageDatabase {
        if let database = opened.database, opened.file == identity { return database }
        opened.database = nil
        let database = try UsageDatabase(path: path, .writing)
        (opened.database, opened.file) = (database, identity)
        return database
    }

    /// Which file is there now.
    private var identity: FileIdentity? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return FileIdentity(device: status.st_dev, number: status.st_ino)
    }

    /// After `error`: what has no room, or was held by another, is good as it is.
    private func settle(_ error: UsageStoreError) {
        switch error.code {
        case .full, .busy, .conflicting: return
        case .newer, .unusable: opened.database = nil
        case .damaged:
            opened.database = nil
            rename(path, path + ".damaged")
            // What belongs to the other file would be taken for this one's.
            unlink(path + "-wal")
            unlink(path + "-shm")
        }
    }
}
