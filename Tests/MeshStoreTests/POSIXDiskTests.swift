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
                    #expect(throws: DiskError(.failed, "")) { try POSIXDisk(path: held.path, creating: false) }
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
}
