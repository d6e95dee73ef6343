import Glibc
import MeshCore
import MeshStore
import Testing

@Suite struct `A folder of the operating system` {
    @Test func `that is refused closes nothing of others`() async throws {
        let (held, other) = (try TemporaryFolder(), try TemporaryFolder())
        let holder = try POSIXDisk(path: held.path)
        let disk = try POSIXDisk(path: other.path)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<20_000 {
                    #expect(throws: DiskError(.held, "")) { try POSIXDisk(path: held.path, creating: false) }
                }
            }
            group.addTask {
                for _ in 0..<20_000 {
                    // Each open takes the number that a refused opening has just given up.
                    #expect(throws: Never.self) { _ = try disk.open("file", creating: true).size() }
                }
            }
        }
        withExtendedLifetime(holder) {}
    }

    @Test func `says which process has it, and that of readers none does`() throws {
        let folder = try TemporaryFolder()
        let owner = try POSIXDisk(path: folder.path)
        for look in [true, false] {
            let error = #expect(throws: DiskError.self) {
                _ = look ? try POSIXDisk(lookingAt: folder.path) : try POSIXDisk(path: folder.path)
            }
            #expect(error?.code == .held)
            #expect(error?.message == "process \(getpid()) has the store '\(folder.path)' open")
        }
        #expect(try owner.names().isEmpty, "the name of the owner is no file of the store")
        owner.close()
        // The name that the owner has left behind is nobody's any more.
        let reader = try POSIXDisk(lookingAt: folder.path)
        let error = #expect(throws: DiskError.self) { _ = try POSIXDisk(path: folder.path) }
        #expect(error?.message == "another process is reading the store '\(folder.path)'")
        withExtendedLifetime(reader) {}
    }

    @Test func `names nobody where the name cannot be read`() throws {
        let folder = try TemporaryFolder()
        let owner = try POSIXDisk(path: folder.path)
        for text in ["", "x\n", "-4\n", "99999999999999999999\n"] {
            let file = open("\(folder.path)/lock", O_WRONLY | O_TRUNC)
            #expect(write(file, text, text.utf8.count) == text.utf8.count)
            close(file)
            let error = #expect(throws: DiskError.self) { _ = try POSIXDisk(lookingAt: folder.path) }
            #expect(error?.message == "another process has the store '\(folder.path)' open", "\(text)")
        }
        withExtendedLifetime(owner) {}
    }
}
