internal import Glibc
internal import MeshCore
package import MeshVitals

/// The files of this machine; each call may block its thread.
package struct MachineFiles: VitalsFiles {
    /// The only one.
    package init() {}

    /// The beginning of the file at `path`.
    package func bytes(of path: String) -> [UInt8]? {
        // A file that somebody has put in a driver's place, as a pipe, must not hold us for ever.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        var count = 0
        while count < Limits.Vitals.maximumFileBytes {
            if count == bytes.count { bytes += [UInt8](repeating: 0, count: count) }
            let found = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress.map { $0 + count }, $0.count - count) }
            if found < 0, errno == EINTR { continue }
            guard found >= 0 else { return nil }
            if found == 0 { break }
            count += found
        }
        return Array(bytes[..<count])
    }

    /// The names in `folder`, but for those that are hidden.
    package func names(in folder: String) -> [String]? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while names.count < Limits.Vitals.maximumNames, let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    /// What `statvfs` says of `path`.
    package func space(of path: String) -> FileSystemSpace? {
        var found = statvfs()
        guard statvfs(path, &found) == 0 else { return nil }
        let (total, isTooLarge) = UInt64(found.f_blocks).multipliedReportingOverflow(by: UInt64(found.f_frsize))
        let (available, overflow) = UInt64(found.f_bavail).multipliedReportingOverflow(by: UInt64(found.f_frsize))
        guard !isTooLarge, !overflow, total > 0 else { return nil }
        return FileSystemSpace(totalBytes: total, availableBytes: available)
    }
}
