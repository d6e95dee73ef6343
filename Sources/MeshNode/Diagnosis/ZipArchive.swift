package import MeshCore

/// A zip file in memory: entries as they are, without compression, each with its checksum (APPNOTE 6.3).
package struct ZipArchive: Sendable {
    private let time: (date: UInt16, time: UInt16)
    private var content: [UInt8] = []
    private var directory: [UInt8] = []
    private var names: Set<String> = []

    /// An archive without entries; they bear the time `made`.
    package init(made: WallTime) { time = Self.time(made) }

    /// How many entries there are.
    package var count: Int { names.count }

    /// Adds an entry; false where the archive is full by ``Limits/Diagnosis``, or has one of that name.
    ///
    /// `name` is ours: printable, with slashes between folders.
    package mutating func append(_ name: String, _ bytes: [UInt8]) -> Bool {
        let size = content.count + bytes.count + directory.count + 2 * (name.utf8.count + 64)
        guard names.count < Limits.Diagnosis.maximumEntries, size <= Limits.Diagnosis.maximumBytes,
            name.utf8.count <= 255, names.insert(name).inserted
        else { return false }
        let common = common(name, bytes)
        directory += Self.directoryMark + Self.two(Self.madeByUnix) + common
        // No comment, the first disk, no text; a file that its owner alone reads and writes.
        directory += Self.two(0) + Self.two(0) + Self.two(0) + Self.four(0o100600 << 16)
        directory += Self.four(UInt32(content.count)) + Array(name.utf8)
        content += Self.entryMark + common + Array(name.utf8) + bytes
        return true
    }

    /// The file.
    package var bytes: [UInt8] {
        let count = Self.two(UInt16(names.count))
        let end = Self.endMark + Self.two(0) + Self.two(0) + count + count
        let place = Self.four(UInt32(directory.count)) + Self.four(UInt32(content.count))
        return content + directory + end + place + Self.two(0)
    }

    /// What an entry's head and its row in the directory have in common.
    private func common(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
        let size = Self.four(UInt32(bytes.count))
        var head = Self.two(Self.needed) + Self.two(Self.namesAreUTF8) + Self.two(Self.isStored)
        head += Self.two(time.time) + Self.two(time.date) + Self.four(CRC32.of(bytes)) + size + size
        return head + Self.two(UInt16(name.utf8.count)) + Self.two(0)
    }

    /// As MS-DOS had it: local time without a zone, from 1980 to 2107, here UTC.
    private static func time(_ wall: WallTime) -> (date: UInt16, time: UInt16) {
        // 2026-11-21T08:15:00.250Z
        let numbers = wall.description.split { !("0"..."9").contains($0) }.compactMap { UInt16($0) }
        guard numbers.count >= 6, (1980...2107).contains(numbers[0]) else { return (0x21, 0) }
        return (
            (numbers[0] - 1980) << 9 | numbers[1] << 5 | numbers[2], numbers[3] << 11 | numbers[4] << 5 | numbers[5] / 2
        )
    }

    private static func two(_ value: UInt16) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
    }

    private static func four(_ value: UInt32) -> [UInt8] {
        two(UInt16(truncatingIfNeeded: value)) + two(UInt16(truncatingIfNeeded: value >> 16))
    }

    private static let entryMark: [UInt8] = [0x50, 0x4B, 3, 4]
    private static let directoryMark: [UInt8] = [0x50, 0x4B, 1, 2]
    private static let endMark: [UInt8] = [0x50, 0x4B, 5, 6]
    private static let madeByUnix: UInt16 = 3 << 8 | 20
    private static let needed: UInt16 = 20
    private static let namesAreUTF8: UInt16 = 1 << 11
    private static let isStored: UInt16 = 0
}
