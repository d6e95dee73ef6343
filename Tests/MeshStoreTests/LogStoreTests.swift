import MeshActors
import MeshCore
import MeshStore
import MeshTestKit
import Testing

@Suite struct `The log store` {
    @Test(arguments: JournalConformance.allCases)
    func `keeps every law of a journal, over an index in memory`(law: JournalConformance) async throws {
        try await check(law) { _ in VolatileIndex() }
    }

    @Test(arguments: JournalConformance.allCases)
    func `keeps every law of a journal, over an index in LMDB`(law: JournalConformance) async throws {
        try await check(law) { folder in BackgroundIndex(before: try LMDBIndex(path: "\(folder)/index.mdb")) }
    }

    private func check(_ law: JournalConformance, _ index: @escaping @Sendable (String) throws -> any LogIndex)
        async throws
    {
        let folder = try TemporaryFolder()
        let opened = Lock<LogStore?>(nil)
        @Sendable func open() async throws -> any Journal {
            let previous = opened.withLock { $0.take() }
            try await previous?.close()
            let disk = try POSIXDisk(path: folder.path)
            let store = try await LogStore.open(on: disk, index: try index(folder.path))
            opened.withLock { $0 = store }
            return store
        }
        let subject = JournalUnderTest(try await open(), reopen: open)
        try await law.check(subject)
    }
}
