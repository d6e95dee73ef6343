internal import Glibc

/// The processes of this machine, as far as this user may look.
enum ProcessTable {
    /// Their numbers.
    static func processes() -> [Int32] { names(in: "/proc").compactMap { Int32($0) }.sorted() }

    /// Whether a descriptor of `process` leads to one of `targets`.
    static func hasOpen(_ targets: Set<String>, _ process: Int32) -> Bool {
        let folder = "/proc/\(process)/fd"
        return names(in: folder).contains { name in target(of: "\(folder)/\(name)").map(targets.contains) ?? false }
    }

    /// What its program is called.
    static func name(of process: Int32) -> String? {
        MachineFiles().bytes(of: "/proc/\(process)/comm").map {
            String(decoding: $0.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        }
    }

    /// What `read` finds in each piece of whole lines of a file of the kernel's, which may have ten thousands of them.
    static func lines<Found>(of path: String, _ read: ([UInt8]) -> [Found]) -> [Found] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var (found, rest): ([Found], [UInt8]) = ([], [])
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file, &piece, piece.count)
            guard count > 0 else { return found + read(rest) }
            rest += piece[..<count]
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            found += read(Array(rest[...end]))
            rest = Array(rest[(end + 1)...])
        }
    }

    /// The names in `folder`; none where it cannot be read.
    static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Where a link leads to.
    static func target(of path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = bytes.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink(path, $0.assumingMemoryBound(to: CChar.self), bytes.count) } ?? -1
        }
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
