internal import Glibc

/// Files of the checkout that tests read: vectors, the corpus, documents that must agree with the code.
package enum RepositoryFile {
    /// The bytes of the file at `path`, counted from the root of the checkout; nil where it cannot be read.
    package static func bytes(_ path: String) -> [UInt8]? {
        guard let file = fopen(absolute(path), "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { return ferror(file) == 0 ? bytes : nil }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// The text of the file at `path`.
    package static func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

    /// The lines of the file at `path` between the marks `<!-- name:begin -->` and `<!-- name:end -->`.
    package static func block(_ name: String, of path: String) -> [String]? {
        let lines = text(path)?.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let lines, let begin = lines.firstIndex(of: "<!-- \(name):begin -->"),
            let end = lines[begin...].firstIndex(of: "<!-- \(name):end -->")
        else { return nil }
        return Array(lines[(begin + 1)..<end])
    }

    /// The names of the files in the folder at `path`, sorted; empty where there is no such folder.
    package static func names(in path: String) -> [String] {
        guard let folder = opendir(absolute(path)) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// `path` from the root of the file system: the checkout that this file was compiled from is four folders up.
    package static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        return (root + [path[...]]).joined(separator: "/")
    }
}
