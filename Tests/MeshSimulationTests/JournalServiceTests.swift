import MeshActors
import MeshCheck
import MeshCore
import MeshSimulation
import MeshTestKit
import Testing

@Suite struct `A simulated store service` {
    @Test(arguments: JournalConformance.allCases)
    func `keeps every law of a journal while nothing fails`(law: JournalConformance) throws {
        let outcome = try SeededRun.run(seed: 1) { world in
            let store = VolatileJournal()
            let service = JournalService(store, clock: world.clock, generator: world.generator)
            let journal = NodeJournal(service, gate: NodeGate())
            try await law.check(JournalUnderTest(journal) { NodeJournal(service, gate: NodeGate()) })
        }
        try outcome.result.get()
    }

    @Test func `an append whose answer is lost has happened, one that was lost has not`() throws {
        let (first, second, head) = try run { service, journal, _ in
            let address = try ActorAddress(SampleAccount.kind, "a")
            let claim = try await journal.claim(address, for: owner, .ifFree)
            var faults = JournalFaults()
            faults.lostAnswersPerThousand = 1_000
            service.setFaults(faults)
            let first = await code { try await journal.append(append(address, claim.epoch, .none, 1)) }
            service.setFaults(JournalFaults())
            service.setAway(true)
            let head = Head(rawValue: 1)
            let second = await code { try await journal.append(append(address, claim.epoch, head, 2)) }
            service.setAway(false)
            return (first, second, try await journal.actors(after: nil).first?.head)
        }
        #expect(first == .unknownOutcome && second == .unknownOutcome)
        #expect(head == Head(rawValue: 1))
    }

    @Test func `an append may arrive after its caller gave it up, and is fenced if somebody has claimed since`() throws
    {
        func lateHead(claiming: Bool) throws -> Head? {
            try run { service, journal, clock in
                let address = try ActorAddress(SampleAccount.kind, "a")
                let claim = try await journal.claim(address, for: owner, .ifFree)
                var faults = JournalFaults()
                faults.lateAppendsPerThousand = 1_000
                service.setFaults(faults)
                _ = await code { try await journal.append(append(address, claim.epoch, .none, 1)) }
                if claiming { _ = try await journal.claim(address, for: owner, .ifFree) }
                try await clock.sleep(for: .seconds(20))
                return try await journal.actors(after: nil).first?.head
            }
        }
        #expect(try lateHead(claiming: false) == Head(rawValue: 1))
        #expect(try lateHead(claiming: true) == Head.none)
    }

    @Test func `nothing comes back to a life that has ended`() throws {
        let result = try run { service, _, _ in
            let gate = NodeGate()
            gate.kill()
            return await code { _ = try await NodeJournal(service, gate: gate).actors(after: nil) }
        }
        #expect(result == .closed)
    }
}

private let owner = Owner(node: hub, incarnation: 1)

private var hub: NodeID {
    guard let id = try? NodeID("hub-1") else { preconditionFailure("a node's name") }
    return id
}

private func append(_ address: ActorAddress, _ epoch: Epoch, _ head: Head, _ number: UInt8) -> JournalAppend {
    var generator = SeededGenerator(seed: UInt64(number))
    let time = VirtualClock.firstWallTime
    let entry = JournalEntry(command: CommandID(at: time, using: &generator), events: [[number]], answer: [])
    return JournalAppend(address: address, epoch: epoch, head: head, wallTime: time, entries: [entry], wake: nil)
}

private func code(_ call: () async throws -> Void) async -> JournalErrorCode? {
    do {
        try await call()
        return nil
    } catch {
        return (error as? JournalError)?.code
    }
}

private func run<Value: Sendable>(
    _ body: @escaping @Sendable (JournalService, NodeJournal, VirtualClock) async throws -> Value
) throws -> Value {
    let outcome = try SeededRun.run(seed: 1) { world in
        let service = JournalService(VolatileJournal(), clock: world.clock, generator: world.generator)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.run() }
            defer { group.cancelAll() }
            return try await body(service, NodeJournal(service, gate: NodeGate()), world.clock)
        }
    }
    return try outcome.result.get()
}
