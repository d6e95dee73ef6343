internal import Glibc
internal import MeshCore

/// Files with certificates and keys: read whole and bounded, written so that they are whole or absent.
enum CertificateFile {
    /// The content of the file at `path`; a secret one must be its owner's alone.
    static func read(_ path: String, isSecret: Bool) throws(CertificateError) -> WipedBytes {
        // Not to wait for the other end of a pipe that somebody has put there.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            throw errno == ENOENT
                ? CertificateError(.fileMissing, "'\(path)' does not exist") : last("cannot read '\(path)'")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw last("cannot read '\(path)'") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CertificateError(.fileUnusable, "'\(path)' is not a file")
        }
        guard status.st_size <= Limits.Certificate.maximumFileBytes else {
            let limit = Limits.Certificate.maximumFileBytes
            throw CertificateError(.fileTooLarge, "'\(path)' has \(status.st_size) bytes; at most \(limit) are read")
        }
        guard !isSecret || status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw CertificateError(
                .keyExposed,
                "'\(path)' holds a private key and is open to others (mode \(mode)); run: chmod 600 '\(path)'"
            )
        }
        var content = WipedBytes(capacity: Int(status.st_size))
        try content.fill { rest throws(CertificateError) in
            while true {
                let count = Glibc.read(file, rest.baseAddress, rest.count)
                if count >= 0 { return count }
                guard errno == EINTR else { throw last("cannot read '\(path)'") }
            }
        }
        return content
    }

    /// Makes the file at `path`, which must not exist, with `content`: after a crash it is whole or absent.
    static func create(_ path: String, _ content: borrowing WipedBytes, mode: mode_t) throws(CertificateError) {
        let draft = "\(path).new-\(getpid())"
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard file >= 0 else { throw last("cannot write '\(path)'") }
        defer {
            close(file)
            unlink(draft)
        }
        try content.withBytes { bytes throws(CertificateError) in try write(bytes, to: file, path) }
        guard fchmod(file, mode) == 0, fsync(file) == 0 else { throw last("cannot write '\(path)'") }
        // A link and not a rename, because a rename would replace what is there.
        guard link(draft, path) == 0 else {
            throw errno == EEXIST
                ? CertificateError(.fileExists, "'\(path)' exists and is not overwritten")
                : last("cannot write '\(path)'")
        }
        try syncFolder(of: path)
    }

    /// Puts `text`, which is no secret, in the place of the file at `path`: a reader sees the old one or the new one.
    static func replace(_ path: String, with text: String) throws(CertificateError) {
        let draft = "\(path).next-\(getpid())"
        unlink(draft)
        try create(draft, text, mode: 0o644)
        try move(draft, to: path)
    }

    /// Makes the file at `path`, which must not exist, with `text`, which is no secret.
    static func create(_ path: String, _ text: String, mode: mode_t = 0o644) throws(CertificateError) {
        var content = WipedBytes(capacity: text.utf8.count)
        for byte in text.utf8 { content.append(byte) }
        try create(path, content, mode: mode)
    }

    /// Gives the file at `path` another name, in place of what is there.
    static func move(_ path: String, to target: String) throws(CertificateError) {
        guard rename(path, target) == 0 else { throw last("cannot rename '\(path)'") }
        try syncFolder(of: target)
    }

    /// Removes the file at `path` if there is one.
    static func removeIfThere(_ path: String) throws(CertificateError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw last("cannot remove '\(path)'") }
    }

    /// Makes `path` point to `target`, in place of what is there.
    static func point(_ path: String, to target: String) throws(CertificateError) {
        let draft = "\(path).next-\(getpid())"
        unlink(draft)
        guard symlink(target, draft) == 0 else { throw last("cannot make '\(path)'") }
        try move(draft, to: path)
    }

    /// Where `path` points to; nil where it does not point.
    static func target(of path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = bytes.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink(path, $0.assumingMemoryBound(to: CChar.self), bytes.count) } ?? -1
        }
        guard count > 0, count < bytes.count else { return nil }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Removes the folder at `path`, in which nothing but `names` is, if it is there.
    static func removeFolder(_ path: String, holding names: [String]) {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// Whether something is at `path`.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Makes the folder `path` for its owner alone where it is missing; a private one must be so where it is there.
    static func makeFolder(_ path: String, isPrivate: Bool) throws(CertificateError) {
        if mkdir(path, 0o700) == 0 { return }
        guard errno == EEXIST else { throw last("cannot make the folder '\(path)'") }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw CertificateError(.fileExists, "'\(path)' exists and is no folder")
        }
        guard !isPrivate || status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw CertificateError(
                .keyExposed,
                "the folder '\(path)' is open to others (mode \(mode)); run: chmod 700 '\(path)'"
            )
        }
    }

    /// Locks the file at `path`, which is made where it is missing, until ``unlock(_:)`` or the end of the process.
    static func lock(_ path: String, of folder: String) throws(CertificateError) -> Int32 {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw last("cannot lock '\(folder)'") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let failure = last("cannot lock '\(folder)'")
            close(file)
            throw isHeld
                ? CertificateError(
                    .fileUnusable,
                    "another process is writing a certificate to '\(folder)' now: try again when it has ended"
                ) : failure
        }
        return file
    }

    /// Ends a lock.
    static func unlock(_ file: Int32) { close(file) }

    private static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32, _ path: String) throws(CertificateError)
    {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(file, rest.baseAddress, rest.count)
            if count < 0 {
                guard errno == EINTR else { throw last("cannot write '\(path)'") }
            } else {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    private static func syncFolder(of path: String) throws(CertificateError) {
        let name = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw last("cannot open the folder of '\(path)'") }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw last("cannot make '\(path)' safe") }
    }

    private static func last(_ doing: String) -> CertificateError {
        CertificateError(.fileUnusable, "\(doing): \(String(cString: strerror(errno)))")
    }
}
