import Glibc
import MeshCore
import MeshStore

/// A folder of its own for one test, gone with the last reference.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/meshstore-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw DiskError(.failed, "no temporary folder") }
        path = template.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    deinit {
        if let disk = try? POSIXDisk(path: path, creating: false), let names = try? disk.names() {
            for name in names { try? disk.remove(name) }
        }
        unlink("\(path)/lock")
        rmdir(path)
    }
}
