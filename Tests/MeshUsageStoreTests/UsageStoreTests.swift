import Glibc
import MeshCore
import MeshLedger
import MeshTestKit
import MeshUsageStore
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The store of usage` {
    private func count(_ store: UsageStore) async throws -> Int {
        try await store.perform { database throws(UsageStoreError) in try database.rows(of: "acme", after: 0).count }
    }

    private func fill(_ store: UsageStore) async throws {
        let postings = try UsageGround.postings(3)
        try await store.perform { database throws(UsageStoreError) in
            let cursor = try database.cursor(of: "acme")
            try database.add([UsageGround.addition(postings, behind: cursor)])
        }
    }

    @Test func `is empty again where somebody has deleted the file, while it is open too`() async throws {
        let ground = try UsageGround()
        let store = UsageStore(path: ground.path)
        try await fill(store)
        #expect(try await count(store) == 4)
        for name in ["", "-wal", "-shm"] { unlink(ground.path + name) }
        #expect(try await count(store) == 0)
        try await fill(store)
        #expect(try await count(store) == 4)
        await store.close()
        #expect(try await count(store) == 4)
        await store.close()
    }

    @Test func `puts a file aside that is no database any more`() async throws {
        let ground = try UsageGround()
        let store = UsageStore(path: ground.path)
        try await fill(store)
        await store.close()
        let file = open(ground.path, O_WRONLY)
        #expect(pwrite(file, [UInt8](repeating: 7, count: 64), 64, 0) == 64)
        close(file)
        await #expect(throws: UsageStoreError(.damaged, "")) { try await count(store) }
        #expect(access(ground.path + ".damaged", F_OK) == 0)
        #expect(try await count(store) == 0)
        await store.close()
    }

    @Test func `refuses more than Limits.UsageStore.maximumWaiting pieces of work at a time`() async throws {
        let ground = try UsageGround()
        let store = UsageStore(path: ground.path)
        var ends = [Int32](repeating: 0, count: 2)
        #expect(pipe(&ends) == 0)
        let (blocking, releasing) = (ends[0], ends[1])
        defer {
            close(blocking)
            close(releasing)
        }
        let pieces = Limits.UsageStore.maximumWaiting + 8
        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<pieces {
                group.addTask {
                    do throws(UsageStoreError) {
                        // The first one waits, and all others behind it, until one of them has been refused.
                        try await store.perform { _ throws(UsageStoreError) in
                            var byte: UInt8 = 0
                            _ = read(blocking, &byte, 1)
                        }
                        return false
                    } catch {
                        #expect(error.code == .busy)
                        _ = write(releasing, [UInt8](repeating: 1, count: pieces), pieces)
                        return true
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(refused > 0)
        await store.close()
    }
}
