internal import Glibc
internal import MeshCore
package import MeshJSON

/// What lies in a folder: names, sizes and modes.
///
/// No file is opened, no link is followed.
package enum FolderListing {
    /// The listing of the folder at `path`, and whether there is more than ``Limits/Diagnosis`` lets be listed.
    package static func json(of path: String) -> JSONValue {
        var rows: [JSONValue] = []
        let isWhole = list(path, below: "", depth: 1, into: &rows)
        return ["files": .array(rows), "whole": .bool(isWhole)]
    }

    private static func list(_ folder: String, below: String, depth: Int, into rows: inout [JSONValue]) -> Bool {
        guard depth <= Limits.Diagnosis.folderDepth else { return false }
        var isWhole = true
        for name in ProcessTable.names(in: folder).sorted() {
            guard rows.count < Limits.Diagnosis.maximumFiles else { return false }
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            let kind = status.st_mode & S_IFMT
            rows.append([
                "name": .string(below + name), "kind": .string(kinds[kind] ?? "other"),
                "bytes": .integer(Int64(status.st_size)), "mode": .string(String(status.st_mode & 0o7777, radix: 8)),
                "ours": .bool(status.st_uid == geteuid()),
                "changed": .string("\(WallTime(millisecondsSince1970: Int64(status.st_mtim.tv_sec) * 1_000))"),
            ])
            guard kind == S_IFDIR else { continue }
            isWhole = list(path, below: below + name + "/", depth: depth + 1, into: &rows) && isWhole
        }
        return isWhole
    }

    private static let kinds: [mode_t: String] = [S_IFREG: "file", S_IFDIR: "folder", S_IFLNK: "link"]
}
