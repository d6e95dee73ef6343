import MeshActors
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
}
