internal import MeshActors
internal import MeshCore

/// One file of the log: a header, batches back to back, and zeros up to where it has been allocated.
final class Segment: Sendable {
    /// Where its first batch stands in the log.
    let base: LogCursor

    let name: String
    let file: any DiskFile

    static let headerBytes = 64
    private static let magic: UInt64 = 0x4D45_5348_4C4F_4731
    private static let version: UInt32 = 2
    private static let prefix = "log-"

    init(base: LogCursor, file: any DiskFile) {
        self.base = base
        self.file = file
        name = Self.name(of: base.position)
    }

    /// Where `position` stands in the file.
    func offset(of position: LogPosition) -> Int { Self.headerBytes + Int(position.rawValue - base.position.rawValue) }

    /// `log-000000000000002a`.
    static func name(of position: LogPosition) -> String {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: position.rawValue >> (56 - 8 * $0)) }
        return prefix + Hexadecimal.encode(bytes)
    }

    /// The position that a file's name spells; nil for other files.
    static func position(in name: String) -> LogPosition? {
        guard name.hasPrefix(prefix), let bytes = Hexadecimal.decode(name.dropFirst(prefix.count)), bytes.count == 8
        else { return nil }
        let position = LogPosition(rawValue: bytes.reduce(0) { $0 << 8 | UInt64($1) })
        return Segment.name(of: position) == name ? position : nil
    }

    /// The bytes of the header of a segment that begins at `base`.
    static func header(_ base: LogCursor) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: headerBytes)
        bytes.withUnsafeMutableBytes { header in
            header.store(magic, at: 0)
            header.store(version, at: 8)
            header.store(base.position.rawValue, at: 16)
            base.hash.store(into: UnsafeMutableRawBufferPointer(rebasing: header[24..<56]))
            header.store(CRC32C.checksum(UnsafeRawBufferPointer(rebasing: header[..<56])), at: 56)
            header.store(BatchHeader.endMark, at: 60)
        }
        return bytes
    }

    /// What a header says.
    enum Header: Equatable {
        case valid(LogCursor)
        case version(UInt32)
        case invalid
    }

    static func parseHeader(_ bytes: UnsafeRawBufferPointer) -> Header {
        guard bytes.count >= headerBytes, bytes.integer(at: 0) == magic,
            bytes.integer(at: 56) == CRC32C.checksum(bytes.part(0..<56)), bytes.integer(at: 60) == BatchHeader.endMark
        else { return .invalid }
        let version: UInt32 = bytes.integer(at: 8)
        guard version == Self.version else { return .version(version) }
        let position = LogPosition(rawValue: bytes.integer(at: 16))
        return .valid(LogCursor(position: position, hash: SHA256Digest(bytes.part(24..<56))))
    }

    /// Makes a segment that begins at `base`, durable with its name.
    ///
    /// Where there is no room for it nothing is left of it. Once its header may stand there is no such way back: the
    /// log would go on in the segment before, and a file that the log does not lead to would be found in its way.
    static func create(on disk: any Disk, at base: LogCursor, allocating bytes: Int) throws(DiskError) -> Segment {
        let name = name(of: base.position)
        let segment = Segment(base: base, file: try disk.open(name, creating: true))
        do throws(DiskError) {
            try segment.file.truncate(to: 0)
            try segment.file.allocate(bytes)
        } catch {
            try? disk.remove(name)
            throw error
        }
        do throws(DiskError) {
            try segment.begin(on: disk)
        } catch {
            throw DiskError(.failed, "a new segment could not be made safe: \(error.message)")
        }
        return segment
    }

    private func begin(on disk: any Disk) throws(DiskError) {
        let header = Self.header(base)
        try withBytes(header) { header throws(DiskError) in try file.write(header, at: 0) }
        try file.sync()
        #if PLANTED_BUGS
        if PlantedBug.skipFolderSync.isOn { return }
        #endif
        try disk.syncFolder()
    }

    /// Opens the segment that the name `base` promises; nil if its header does not check.
    static func open(on disk: any Disk, at base: LogPosition) throws(JournalError) -> (any DiskFile, Header) {
        let name = name(of: base)
        do {
            let file = try disk.open(name, creating: false)
            var buffer = [UInt8](repeating: 0, count: headerBytes)
            let count = try withBytes(&buffer) { bytes throws(DiskError) in try file.read(into: bytes, at: 0) }
            return (file, buffer.withUnsafeBytes { parseHeader($0.part(0..<count)) })
        } catch {
            throw .reading(name, error)
        }
    }
}
