internal import Glibc
internal import MeshCore

/// A folder of the operating system, owned by this process alone as long as this value lives.
///
/// Files may be read from other threads than the one that writes.
package final class POSIXDisk: Disk {
    private let path: String
    /// Locked as long as this lives; -1 where somebody else's lock is relied on.
    private let lock: Int32
    private let isReadOnly: Bool

    /// Opens the folder at `path`, made with access for nobody else where it is missing, and takes its lock.
    package init(path: String, creating: Bool = true) throws(DiskError) {
        self.path = path
        isReadOnly = false
        if creating { try Self.makeFolder(path) }
        // Nothing may be closed here: once everything is stored, `deinit` runs for an initialiser that throws, too, and
        // a number that is closed twice is by then the number of another thread's file.
        lock = try Self.openFile("\(path)/\(Self.lockName)", O_RDWR | O_CREAT)
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK ? Self.held(path, lock) : .last("locking '\(path)'")
        }
        Self.sign(lock)
    }

    /// Looks at the folder at `path` and writes nothing to it: its owner must be gone, or is waiting `besideOwner`.
    package init(lookingAt path: String, besideOwner: Bool = false) throws(DiskError) {
        self.path = path
        isReadOnly = true
        lock = besideOwner ? -1 : try Self.lockToShare(in: path)
        guard lock < 0 || flock(lock, LOCK_SH | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK ? Self.held(path, lock) : .last("locking '\(path)'")
        }
    }

    /// Writes into the locked file who has it.
    ///
    /// Nothing hangs on it, so a full disk costs no more than the name.
    private static func sign(_ lock: Int32) {
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(lock, 0) == 0 else { return }
        _ = pwrite(lock, text, text.count, 0)
    }

    /// That somebody else has the folder, and who it is where an owner has signed.
    ///
    /// Readers sign nothing, and leave the name of the last owner: it counts only where no reader would be let in.
    private static func held(_ path: String, _ lock: Int32) -> DiskError {
        guard flock(lock, LOCK_SH | LOCK_NB) != 0 else {
            flock(lock, LOCK_UN)
            return DiskError(.held, "another process is reading the store '\(path)'")
        }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = max(0, pread(lock, &bytes, bytes.count, 0))
        let text = String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard let owner = Int32(text), owner > 0 else {
            return DiskError(.held, "another process has the store '\(path)' open")
        }
        return DiskError(.held, "process \(owner) has the store '\(path)' open")
    }

    /// The file to lock; the folder itself where no owner has ever made one.
    private static func lockToShare(in path: String) throws(DiskError) -> Int32 {
        do throws(DiskError) {
            return try openFile("\(path)/\(lockName)", O_RDONLY)
        } catch {
            guard error.code == .notFound else { throw error }
            return try openFile(path, O_RDONLY | O_DIRECTORY)
        }
    }

    deinit { if lock >= 0 { Glibc.close(lock) } }

    /// Makes the folder at `path` where it is missing, with access for nobody else, and its name safe.
    package static func makeFolder(_ path: String) throws(DiskError) {
        let isMade = mkdir(path, 0o700) == 0
        guard isMade || errno == EEXIST else { throw .last("making the folder '\(path)'") }
        // Also where it is there: an earlier life may have made it and died before its name was safe.
        let parent = try parentToSync(of: path, isMade: isMade)
        guard let parent else { return }
        defer { Glibc.close(parent) }
        guard fsync(parent) == 0 else { throw .last("syncing the folder above '\(path)'") }
    }

    /// The folder above `path`; nil where it may not be read, and nothing was made in it.
    private static func parentToSync(of path: String, isMade: Bool) throws(DiskError) -> Int32? {
        do throws(DiskError) {
            return try openFile("\(path)/..", O_RDONLY | O_DIRECTORY)
        } catch {
            if isMade { throw error }
            return nil
        }
    }

    /// Ends the use of it.
    package func close() { if lock >= 0 { flock(lock, LOCK_UN) } }

    /// The names of all files, sorted.
    package func names() throws(DiskError) -> [String] { try Self.names(in: path).filter { $0 != Self.lockName } }

    /// The names of everything in the folder at `path`, sorted.
    package static func names(in path: String) throws(DiskError) -> [String] {
        guard let folder = opendir(path) else { throw .last("listing '\(path)'") }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Opens a file.
    package func open(_ name: String, creating: Bool) throws(DiskError) -> any DiskFile {
        let file = "\(path)/\(name)"
        let flags = isReadOnly ? O_RDONLY : creating ? O_RDWR | O_CREAT : O_RDWR
        return POSIXFile(name: file, try Self.openFile(file, flags))
    }

    /// Removes a file.
    package func remove(_ name: String) throws(DiskError) {
        guard unlink("\(path)/\(name)") == 0 || errno == ENOENT else { throw .last("removing '\(name)'") }
    }

    /// Makes names safe.
    package func syncFolder() throws(DiskError) {
        let folder = try Self.openFile(path, O_RDONLY | O_DIRECTORY)
        defer { Glibc.close(folder) }
        guard fsync(folder) == 0 else { throw .last("syncing the folder '\(path)'") }
    }

    private static func openFile(_ path: String, _ flags: Int32) throws(DiskError) -> Int32 {
        while true {
            let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o600)
            if descriptor >= 0 { return descriptor }
            guard errno == EINTR else { throw .last("opening '\(path)'") }
        }
    }

    private static let lockName = "lock"
}

/// A file of the operating system.
private final class POSIXFile: DiskFile {
    private let name: String
    private let descriptor: Int32

    init(name: String, _ descriptor: Int32) {
        self.name = name
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func size() throws(DiskError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last("asking for the size of '\(name)'") }
        return Int(status.st_size)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
        guard let start = buffer.baseAddress else { return 0 }
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, start + done, buffer.count - done, off_t(offset + done))
            if count == 0 { break }
            if count < 0 {
                guard errno == EINTR else { throw .last("reading '\(name)'") }
            } else {
                done += count
            }
        }
        return done
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
        guard let start = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, start + done, bytes.count - done, off_t(offset + done))
            if count < 0 {
                guard errno == EINTR else { throw .last("writing '\(name)'") }
            } else {
                done += count
            }
        }
    }

    func allocate(_ size: Int) throws(DiskError) {
        var length = try self.size()
        let zeros = [UInt8](repeating: 0, count: min(max(0, size - length), Self.pieceBytes))
        while length < size {
            let count = min(zeros.count, size - length)
            let offset = length
            try withBytes(zeros) { bytes throws(DiskError) in
                try write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: offset)
            }
            length += count
        }
    }

    func truncate(to size: Int) throws(DiskError) {
        while ftruncate(descriptor, off_t(size)) != 0 {
            guard errno == EINTR else { throw .last("cutting '\(name)'") }
        }
    }

    func sync() throws(DiskError) {
        // Never again after a failure: Linux forgets which pages it could not write.
        guard fdatasync(descriptor) == 0 else { throw .last("syncing '\(name)'") }
    }

    private static let pieceBytes = 1_024 * 1_024
}

extension DiskError {
    /// What the last call of the operating system failed with.
    fileprivate static func last(_ doing: String) -> DiskError {
        let number = errno
        let reason = String(cString: strerror(number))
        let code: DiskErrorCode =
            switch number {
            case ENOSPC, EDQUOT, EFBIG: .noSpace
            case ENOENT: .notFound
            default: .failed
            }
        return DiskError(code, "\(doing): \(reason)")
    }
}
