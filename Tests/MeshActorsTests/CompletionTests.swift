import MeshActors
import MeshCheck
import MeshCore
import MeshTestKit
import Testing

@Suite struct `Completions of effects` {
    /// The id under which the runtime completes the first effect of the entry at `head`.
    private static func completionID(of head: UInt64) -> CommandID {
        CommandID(high: head, low: 0xFF01_0000_0000_0000)
    }

    @Test func `nobody else may use the id of a completion, here or from another node`() throws {
        try forSeeds(1...3) { mesh in
            let node = try mesh.node("one")
            try await mesh.running(node) {
                try await mesh.world.clock.sleep(for: .milliseconds(1))
                let account = try node.actor(SampleAccount.self, "a")
                let deposit = SampleAccount.Deposit(amount: 10)
                let id = Self.completionID(of: 2)
                let head = ActorCall.Head(
                    command: id,
                    address: account.address,
                    tag: SampleAccount.Deposit.tag,
                    timeLeft: nil
                )
                let transport = mesh.network.transport(of: try NodeID("stranger"), clock: mesh.world.clock)
                let payload = try #require(ActorCall.payload(head, deposit))
                let response = try await transport.request(payload, to: try NodeID("one"), deadline: nil)
                guard case .other(.failed(.malformed, nil)) = try ActorReply(payload: response) else {
                    throw Complaint(what: "it was taken from another node")
                }
                await #expect(throws: CallFailure<NoRefusal>.failed(ActorError(.malformed, ""))) {
                    try await account.call(deposit, id: id)
                }
                await #expect(throws: CallFailure<NoRefusal>.failed(ActorError(.malformed, ""))) {
                    try await account.call(deposit, id: id, deadline: mesh.world.clock.now + .seconds(1))
                }
                _ = try await account.call(deposit)
                _ = try await account.call(SampleAccount.Transfer(amount: 4, to: "b"))
                try await mesh.world.clock.sleep(for: .milliseconds(1))
                let entries = try await mesh.store.entries(of: account.address, after: .none)
                try check(entries.last?.entry.command == id, "the runtime completes under another id")
                try check(node.counts.effectsNotCompleted == 0, "the payment stays open")
            }
        }
    }

    @Test func `an effect that ends while its actor leaves is completed, and not performed again`() throws {
        try forSeeds(1...20) { mesh in
            var generator = mesh.world.generator
            let pause = Duration.microseconds(generator.integer(in: 0...4_000))
            let stubborn = Stubborn()
            let kinds = [HostedKind.journaled(SampleAccount.self, performer: stubborn)]
            let slow = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .milliseconds(1))
            let first = try mesh.node("one", journal: slow, kinds: kinds)
            try await mesh.running(first) {
                let account = try first.actor(SampleAccount.self, "a")
                _ = try await account.call(SampleAccount.Deposit(amount: 10))
                _ = try await account.call(SampleAccount.Transfer(amount: 4, to: "b"))
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await first.drain() }
                    try? await mesh.world.clock.sleep(for: pause)
                    stubborn.end()
                }
                try check(first.counts.passivations == 1, "it did not leave in good order")
            }
            let second = try mesh.node("one", incarnation: 2, kinds: kinds)
            try await mesh.running(second) { try await mesh.world.clock.sleep(for: .seconds(1)) }
            let performed = stubborn.state.withLock { $0.calls }
            try check(performed == 1, "it was performed \(performed) times")
        }
    }

    /// Cannot be stopped once it has begun, as a payment that is on its way.
    private final class Stubborn: EffectPerformer {
        struct State {
            var calls = 0
            var hasEnded = false
            var waiting: CheckedContinuation<Void, Never>?
        }

        let state = Lock(State())

        func end() {
            let waiting = state.withLock { state in
                state.hasEnded = true
                return state.waiting.take()
            }
            waiting?.resume()
        }

        func perform(
            _ effect: SampleAccount.OpenTransfer,
            _ context: EffectContext
        ) async throws -> SampleAccount.TransferDone {
            await withCheckedContinuation { continuation in
                let hasEnded = state.withLock { state in
                    state.calls += 1
                    if !state.hasEnded { state.waiting = continuation }
                    return state.hasEnded
                }
                if hasEnded { continuation.resume() }
            }
            return SampleAccount.TransferDone(position: context.position)
        }
    }
}
