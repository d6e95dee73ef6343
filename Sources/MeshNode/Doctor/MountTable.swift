/// What is mounted where, as `/proc/self/mountinfo` says it.
package struct MountTable: Hashable, Sendable {
    private let mounts: [(place: String, kind: String)]

    /// The table in `text`; lines that cannot be read are passed over.
    package init(_ text: String) {
        mounts = text.split(separator: "\n").compactMap { line in
            // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw
            let words = line.split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), words.count > 5, dash + 1 < words.count else { return nil }
            return (Self.unescaped(words[4]), String(words[dash + 1]))
        }
    }

    /// The kind of file system that holds the whole and real `path`; nil where none is said to.
    package func kind(at path: String) -> String? {
        var found: (place: String, kind: String)?
        // Of several at one place the last covers the others.
        for mount in mounts
        where Self.holds(mount.place, path) && mount.place.utf8.count >= found?.place.utf8.count ?? 0 {
            found = mount
        }
        return found?.kind
    }

    private static func holds(_ place: String, _ path: String) -> Bool {
        place == "/" ? path.hasPrefix("/") : path == place || path.hasPrefix(place + "/")
    }

    /// Blanks and the like are written `\040`.
    private static func unescaped(_ word: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(word.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    package static func == (left: MountTable, right: MountTable) -> Bool {
        left.mounts.elementsEqual(right.mounts, by: ==)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(mounts.count) }
}
