import MeshActors
import MeshCore
import MeshStore
import MeshTestKit
import Testing

@Suite struct `The log store` {
    @Test(arguments: JournalConformance.allCases)
    func `keeps every law of a journal, over an index in memory`(law: JournalConformance) async throws {
        let folder = try TemporaryFolder()
        let opened = Lock<LogStore?>(nil)
        @Sendable func open() async throws -> any Journal {
            let previous = opened.withLock { $0.take() }
            try await previous?.close()
            let store = try await LogStore.open(on: POSIXDisk(path: folder.path), index: VolatileIndex())
            opened.withLock { $0 = store }
            return store
        }
        let subject = JournalUnderTest(try await open(), reopen: open)
        try await law.check(subject)
    }
}
