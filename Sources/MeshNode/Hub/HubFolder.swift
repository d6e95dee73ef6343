internal import Glibc
package import MeshCertificates
internal import MeshCore
internal import MeshStore

/// Where a hub lies: everything that it needs to come back as the same hub.
///
///     FOLDER/ca/           the authority of the mesh, made where there is none
///     FOLDER/hub-key.pem   the hub's own key
///     FOLDER/store/        what its actors remember
///     FOLDER/usage.sqlite  postings for analysts, made again from the store where it is missing
package struct HubFolder: Hashable, Sendable {
    /// The folder.
    package let path: String

    /// The folder at `path`.
    package init(path: String) { self.path = path }

    /// The authority of the mesh.
    package var authority: AuthorityFolder { AuthorityFolder(path: "\(path)/ca") }
    var keyPath: String { "\(path)/hub-key.pem" }
    /// What its actors remember.
    package var store: StoreFolder { StoreFolder(path: "\(path)/store") }
    /// The database of usage.
    package var usagePath: String { "\(path)/usage.sqlite" }

    /// Makes the folder and the authority where they are missing; whether the authority was.
    func prepare(now: WallTime) throws -> Bool {
        try POSIXDisk.makeFolder(path)
        guard !authority.isInUse else { return false }
        // A new one would shut out every edge: somebody has moved the folder in part, or lost it in part.
        for trace in [keyPath, store.path] where access(trace, F_OK) == 0 {
            throw CertificateError(
                .fileMissing,
                "the authority is missing: '\(authority.certificatePath)' does not exist, and '\(trace)' says that "
                    + "there was one; put the copy of '\(authority.path)' back, or begin a new mesh in an empty folder"
            )
        }
        try authority.create { () throws(CertificateError) in try .make(name: "meshnode CA", now: now) }
        return true
    }
}
