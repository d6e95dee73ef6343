internal import Glibc
internal import MeshCore

/// A folder of files that are whole or absent after a crash; what blocks, for a thread that may wait.
struct VaultFolder: Sendable {
    let path: String
    /// Is told of each change; what it throws ends the work there.
    var step: @Sendable (VaultStep) throws(VaultError) -> Void = { _ in }

    // MARK: The folder

    /// Makes the folder where it is missing; it must be its owner's alone.
    func prepare() throws(VaultError) {
        let isMade = mkdir(path, 0o700) == 0
        guard isMade || errno == EEXIST else { throw .last("the folder '\(path)' cannot be made") }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .last("the folder '\(path)' cannot be looked at") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw VaultError(.unusable, "'\(path)' is a file, and the maps of conversations need a folder")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw VaultError(
                .unusable,
                "the folder '\(path)' is open to others (mode \(mode)); run: chmod 700 '\(path)'"
            )
        }
        guard status.st_uid == geteuid(), access(path, R_OK | W_OK | X_OK) == 0 else {
            throw VaultError(
                .unusable,
                "the folder '\(path)' belongs to user \(status.st_uid) or is closed, and this process runs as user "
                    + "\(geteuid()): give it away (chown --recursive)"
            )
        }
        if isMade { try Self.sync(folder: "\(path)/..") }
    }

    /// The names of all files.
    func names() throws(VaultError) -> [String] {
        guard let folder = opendir(path) else { throw .last("the folder '\(path)' cannot be listed") }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    // MARK: Files

    func exists(_ name: String) -> Bool {
        var status = stat()
        return lstat("\(path)/\(name)", &status) == 0
    }

    /// The file's first bytes, `limit` at most; nil where there is no file.
    func read(_ name: String, upTo limit: Int) throws(VaultError) -> [UInt8]? {
        let file = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .last("'\(path)/\(name)' cannot be read")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw VaultError(.unusable, "'\(path)/\(name)' is no file")
        }
        var bytes = [UInt8](repeating: 0, count: min(limit, max(0, Int(status.st_size))))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { bytes in
                pread(file, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(done))
            }
            if count == 0 { break }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw .last("'\(path)/\(name)' cannot be read")
            }
        }
        return Array(bytes[..<done])
    }

    /// Makes the file, which must not exist.
    func make(_ name: String, _ bytes: [UInt8]) throws(VaultError) {
        try write(name, bytes) { draft, file in
            // A link and not a rename, because a rename would replace what is there.
            link(draft, file) == 0
        }
    }

    /// Puts a file in place of what is there.
    func replace(_ name: String, _ bytes: [UInt8]) throws(VaultError) {
        try write(name, bytes) { draft, file in rename(draft, file) == 0 }
    }

    private func write(
        _ name: String,
        _ bytes: [UInt8],
        naming: (String, String) -> Bool
    ) throws(VaultError) {
        let draft = "\(path)/\(name)\(Self.draftMark)"
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .last("'\(path)/\(name)' cannot be written") }
        defer {
            close(file)
            unlink(draft)
        }
        try step(.drafted)
        try Self.write(bytes, to: file, at: 0) { () -> VaultError in .last("'\(path)/\(name)' cannot be written") }
        try step(.written)
        guard fchmod(file, 0o600) == 0, fsync(file) == 0 else { throw .last("'\(path)/\(name)' cannot be made safe") }
        try step(.synced)
        guard naming(draft, "\(path)/\(name)") else { throw .last("'\(path)/\(name)' cannot be put in place") }
        try step(.named)
        // Of a file that was made the draft is another name.
        unlink(draft)
        try Self.sync(folder: path)
    }

    /// Writes zeros over what the file has, where it lies.
    ///
    /// That is as much as a file system and a disk do: one that writes elsewhere, as flash does, keeps the old bytes
    /// until it needs their place.
    func wipe(_ name: String) throws(VaultError) {
        let file = open("\(path)/\(name)", O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            if errno == ENOENT { return }
            throw .last("'\(path)/\(name)' cannot be wiped")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .last("'\(path)/\(name)' cannot be wiped") }
        let zeros = [UInt8](repeating: 0, count: min(max(0, Int(status.st_size)), 4_096))
        try Self.write(zeros, to: file, at: 0) { () -> VaultError in .last("'\(path)/\(name)' cannot be wiped") }
        guard fdatasync(file) == 0 else { throw .last("'\(path)/\(name)' cannot be wiped") }
        try step(.wiped)
    }

    /// Removes files that may be there.
    func remove(_ names: [String]) throws(VaultError) {
        for name in names {
            guard unlink("\(path)/\(name)") == 0 || errno == ENOENT else {
                throw .last("'\(path)/\(name)' cannot be removed")
            }
            try step(.removed)
        }
        try Self.sync(folder: path)
    }

    /// How a file ends that was never whole.
    static let draftMark = ".new"

    private static func write(
        _ bytes: [UInt8],
        to file: Int32,
        at offset: Int,
        failure: () -> VaultError
    ) throws(VaultError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                pwrite(file, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
            }
            if count >= 0 {
                done += count
            } else if errno != EINTR {
                throw failure()
            }
        }
    }

    private static func sync(folder path: String) throws(VaultError) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .last("the folder '\(path)' cannot be made safe") }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw .last("the folder '\(path)' cannot be made safe") }
    }
}

extension MeshError<VaultErrorCode> {
    /// What the last call of the operating system failed with.
    static func last(_ doing: String) -> VaultError {
        let number = errno
        let reason = String(cString: strerror(number))
        let isFull = number == ENOSPC || number == EDQUOT || number == EFBIG
        return VaultError(isFull ? .full : .unusable, "\(doing): \(reason)")
    }
}
