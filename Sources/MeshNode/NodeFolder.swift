internal import Glibc
package import MeshCore
internal import MeshIdentity

/// A node's folder, which belongs to this process as long as this value lives.
///
///     FOLDER/format    which role and which version of the layout, one line: `meshnode hub 1`
///     FOLDER/lock      locked by the process that has it, and its number
///
/// What else is there is the hub's (``HubFolder``) or the edge's (`CredentialFolder`).
package final class NodeFolder: Sendable {
    /// The folder.
    package let path: String
    /// Whether this start has made it.
    package let isMade: Bool
    private let lock: Int32

    /// The version of the layout that this program writes and reads.
    package static let version = 1

    /// Takes the folder at `path` for a node of `role`; it is made where it is missing.
    package static func take(_ path: String, for role: NodeRole) throws(NodeFolderError) -> NodeFolder {
        try take(path, as: role.rawValue)
    }

    /// Takes the folder at `path` for something of that `kind`: a role, or a cluster.
    package static func take(_ path: String, as kind: String) throws(NodeFolderError) -> NodeFolder {
        let isMade = try make(path)
        try checkAccess(path)
        let lock = try takeLock(path)
        do throws(NodeFolderError) {
            let isNew = try checkFormat(path, kind) == false
            if isNew { try writeFormat("\(path)/format", kind) }
        } catch {
            close(lock)
            throw error
        }
        return NodeFolder(path: path, isMade: isMade, lock: lock)
    }

    private init(path: String, isMade: Bool, lock: Int32) {
        self.path = path
        self.isMade = isMade
        self.lock = lock
    }

    deinit { close(lock) }

    // MARK: The folder

    private static func make(_ path: String) throws(NodeFolderError) -> Bool {
        if mkdir(path, 0o700) == 0 { return true }
        switch errno {
        case EEXIST: return false
        case ENOENT where access(above(path), F_OK) != 0:
            throw NodeFolderError(.unusable, "the folder '\(path)' cannot be made: the folder above it does not exist")
        case ENOENT: throw NodeFolderError(.unusable, "the folder '\(path)' cannot be made there: choose another place")
        default: throw last("the folder '\(path)' cannot be made")
        }
    }

    /// The folder above the one at `path`.
    static func above(_ path: String) -> String {
        let end = path.reversed().drop { $0 == "/" }.drop { $0 != "/" }
        return end.isEmpty ? "." : String(end.reversed())
    }

    /// Whether this user, and nobody else, can use the folder.
    static func checkAccess(_ path: String) throws(NodeFolderError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw last("the folder '\(path)' cannot be looked at") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw NodeFolderError(.unusable, "'\(path)' is a file, and a node needs a folder")
        }
        guard status.st_uid == geteuid() else {
            throw NodeFolderError(
                .wrongOwner,
                "the folder '\(path)' belongs to user \(status.st_uid), and this process runs as user \(geteuid()): "
                    + "run it as the folder's owner, or give the folder away (chown --recursive)"
            )
        }
        guard status.st_mode & 0o022 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw NodeFolderError(
                .exposed,
                "others may write to the folder '\(path)' (mode \(mode)); run: chmod go-w '\(path)'"
            )
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            throw last("the folder '\(path)' cannot be written to")
        }
        for key in ["hub-key.pem", "ca/ca-key.pem", "ca/token-key", "node-key.pem"] {
            let file = "\(path)/\(key)"
            guard stat(file, &status) == 0, status.st_mode & 0o077 != 0 else { continue }
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw NodeFolderError(
                .exposed,
                "'\(file)' holds a private key and is open to others (mode \(mode)); run: chmod 600 '\(file)'"
            )
        }
    }

    // MARK: The lock

    private static func takeLock(_ path: String) throws(NodeFolderError) -> Int32 {
        let file = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw last("the folder '\(path)' cannot be written to") }
        guard isLocked(file) else {
            let failure = errno
            defer { close(file) }
            guard failure == EWOULDBLOCK else { throw last("the folder '\(path)' cannot be locked") }
            let holder = content(file).flatMap { Int32($0) }.map { "process \($0)" } ?? "another process"
            throw NodeFolderError(
                .busy,
                "\(holder) runs on the folder '\(path)': stop it first, or give this node a folder of its own (--data)"
            )
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(file, 0) == 0, pwrite(file, text, text.count, 0) == text.count else {
            let failure = last("the folder '\(path)' cannot be written to")
            close(file)
            throw failure
        }
        return file
    }

    /// Looks again for a moment: a process that was begun a moment ago has the descriptors of the one that began it
    /// until it runs its own program, and so holds the lock of a node that has ended or let go.
    private static func isLocked(_ file: Int32) -> Bool {
        for _ in 0..<20 {
            if flock(file, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { return false }
            usleep(5_000)
        }
        return flock(file, LOCK_EX | LOCK_NB) == 0
    }

    // MARK: The format

    /// Whether the folder says of which version and kind it is; throws where it is not the right one.
    static func checkFormat(_ path: String, _ kind: String) throws(NodeFolderError) -> Bool {
        let name = "\(path)/format"
        let file = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            // Missing: the folder is new, or older than formats are.
            guard errno == ENOENT else { throw last("'\(name)' cannot be read") }
            return false
        }
        defer { close(file) }
        let words = (content(file) ?? "").split(separator: " ").map(String.init)
        guard words.count == 3, words[0] == "meshnode", let found = Int(words[2]) else {
            throw NodeFolderError(.otherVersion, "'\(name)' does not say what it should: this is no folder of a node")
        }
        guard found == version else {
            let made = found > version ? "made by a newer meshnode" : "of a version that is not read any more"
            throw NodeFolderError(
                .otherVersion,
                "the folder '\(path)' is \(made) (format \(found), and this program knows \(version)): run that version"
            )
        }
        guard words[1] == kind else {
            throw NodeFolderError(
                .otherVersion,
                "the folder '\(path)' is that of a node with the role '\(words[1].prefix(16))', and this one is to be "
                    + "the role '\(kind)': give it a folder of its own (--data)"
            )
        }
        return true
    }

    private static func writeFormat(_ name: String, _ kind: String) throws(NodeFolderError) {
        let draft = "\(name).new-\(getpid())"
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw last("'\(name)' cannot be written") }
        let text = Array("meshnode \(kind) \(version)\n".utf8)
        let isWritten = write(file, text, text.count) == text.count && fsync(file) == 0
        let failure = last("'\(name)' cannot be written")
        close(file)
        guard isWritten, rename(draft, name) == 0 else {
            unlink(draft)
            throw failure
        }
    }

    // MARK: What is left over

    /// Removes what enrolments and writers that came to no end have left in the folder long ago.
    package func removeLeftovers(now: WallTime) {
        guard let folder = opendir(path) else { return }
        defer { closedir(folder) }
        let oldest = now.moved(by: .zero - Limits.Process.leftoverAge)
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            // An edge comes home by this one.
            guard name != "pending-return.pem", Self.isLeftover(name) else { continue }
            let file = "\(path)/\(name)"
            var status = stat()
            guard lstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                Int64(status.st_mtim.tv_sec) * 1_000 < oldest.millisecondsSince1970
            else { continue }
            unlink(file)
        }
    }

    /// Whether the name is that of a key without a certificate, or of a file that was never whole.
    private static func isLeftover(_ name: String) -> Bool {
        if name.hasPrefix("pending-"), name.hasSuffix(".pem") { return true }
        return [".new-", ".next-"].contains { mark in
            name.split(separator: ".").last.map { ".\($0)".hasPrefix(mark) } ?? false
        }
    }

    // MARK: Files

    /// The first line of a short file.
    static func content(_ file: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    private static func last(_ doing: String) -> NodeFolderError {
        NodeFolderError(.unusable, "\(doing): \(String(cString: strerror(errno)))")
    }
}
