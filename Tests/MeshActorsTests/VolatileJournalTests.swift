import MeshActors
import MeshCore
import MeshTestKit
import Testing

@Suite struct `The volatile journal` {
    @Test(arguments: JournalConformance.allCases)
    func `keeps every law of a journal`(law: JournalConformance) async throws {
        let journal = VolatileJournal()
        try await law.check(
            JournalUnderTest(journal) {
                journal.close()
                journal.reopen()
                return journal
            }
        )
    }

    @Test func `refuses everything once it is closed`() async throws {
        let journal = VolatileJournal()
        journal.close()
        await #expect(throws: JournalError(.closed, "")) { try await journal.actors(after: nil) }
    }
}
