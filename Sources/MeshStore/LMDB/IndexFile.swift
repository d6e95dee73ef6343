internal import Glibc
package import MeshActors
internal import MeshCore

/// The file of an ``LMDBIndex`` seen from outside: whether it may be read at all.
///
/// An index that is closed is sealed: beside it stands the checksum over all its bytes. What still has its seal is
/// what was closed; anything else was not closed, or is damaged, and only a process that may crash should look at it.
package struct IndexFile: Sendable {
    private let path: String

    /// The index at `path`.
    package init(path: String) { self.path = path }

    private var sealPath: String { "\(path)-seal" }
    private var copyPath: String { "\(path)-checked" }

    /// Whether there is one.
    package var exists: Bool { access(path, F_OK) == 0 }

    /// Whether its bytes are those that were closed.
    package var isSealed: Bool {
        guard let seal = Self.contents(of: sealPath, atMost: Self.sealBytes), let now = makeSeal() else { return false }
        return seal == now
    }

    /// Notes the checksum over the file; the file must not be in use.
    ///
    /// Where that fails there is no seal, or one that does not fit, and the index is checked when it is next opened.
    func seal() {
        guard let seal = makeSeal() else { return }
        let file = open(sealPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        _ = seal.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    }

    /// Lets the index be checked before it is next opened.
    func breakSeal() { unlink(sealPath) }

    /// Magic, version, size of the index and checksum over it, and a checksum over these.
    private func makeSeal() -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        // Read ahead, it would stand in memory in pieces of megabytes, each of which one look at the index maps whole:
        // a node that began with a cold cache had 300 MiB of it resident, with this 26.
        posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
        defer { buffer.deallocate() }
        var (checksum, size) = (CRC32C(), UInt64(0))
        while true {
            let count = read(file, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            checksum.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            size += UInt64(count)
        }
        var seal = [UInt8](repeating: 0, count: Self.sealBytes)
        let value = checksum.value
        seal.withUnsafeMutableBytes { bytes in
            bytes.store(Self.magic, at: 0)
            bytes.store(UInt32(1), at: 8)
            bytes.store(size, at: 12)
            bytes.store(value, at: 20)
            bytes.store(CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<24])), at: 24)
        }
        return seal
    }

    /// Copies what is in use of the index beside it and checks the copy from its first value to its last.
    ///
    /// For a process that may crash. The copy has no list of free pages to be damaged: a flipped bit there would let a
    /// later write destroy what is in use.
    package func makeCheckedCopy() throws(JournalError) {
        unlink(copyPath)
        unlink("\(copyPath)-lock")
        let mask = umask(0o077)
        defer { umask(mask) }
        do throws(LMDBFailure) {
            let environment = try LMDBEnvironment(path: path, mapBytes: size, tables: 4, isReadOnly: true)
            try environment.copy(to: copyPath)
        } catch {
            throw error.journalError
        }
        try LMDBIndex(path: copyPath, isReadOnly: true).check()
    }

    /// Puts the checked copy in the place of the index.
    package func adoptCheckedCopy() throws(JournalError) {
        for suffix in ["-checked-lock", "-lock", "-seal"] { unlink(path + suffix) }
        guard rename(copyPath, path) == 0 else { throw JournalError(.unknownOutcome, "the index cannot be replaced") }
    }

    /// Deletes the index and what stands beside it; the log makes it again.
    package func remove() throws(JournalError) {
        for suffix in ["", "-lock", "-seal", "-checked", "-checked-lock"] {
            guard unlink(path + suffix) == 0 || errno == ENOENT else {
                throw JournalError(.unknownOutcome, "a damaged index cannot be deleted: \(path)\(suffix)")
            }
        }
    }

    /// Opens the index, made anew where it is of another format or cannot be opened.
    package func openOrMakeAgain() throws(JournalError) -> LMDBIndex {
        do throws(JournalError) {
            return try LMDBIndex(path: path)
        } catch  where error.code == .corrupt {
            try remove()
            return try LMDBIndex(path: path)
        }
    }

    /// How long a check may take before it counts as a damage that leads in circles.
    package var checkSeconds: UInt32 {
        Limits.Store.indexCheckSeconds + UInt32(clamping: size / Limits.Store.indexCheckBytesPerSecond)
    }

    private var size: Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    private static func contents(of path: String, atMost count: Int) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: count + 1)
        let found = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        return found < 0 ? nil : Array(bytes.prefix(found))
    }

    private static let magic: UInt64 = 0x4D45_5348_4958_534C
    private static let sealBytes = 28
}
