import MeshActors
import MeshCheck
import MeshCore
import MeshTestKit
import MeshWire
import Testing

@Suite struct `Calls whose outcome is open` {
    private static let obstacles: [ScriptedTransport.Fate] = [
        .unreachable, .answer(.failed(.unavailable, retryAfter: .milliseconds(100))),
        .answer(.failed(.unavailable, retryAfter: nil)), .answer(.failed(.stopping, retryAfter: nil)),
    ]

    /// Node one, whose requests meet `fates`, and node two, where the account lives.
    private func pair(_ mesh: SampleMesh, _ fates: ScriptedTransport.Fate...) throws -> Pair {
        let membership = try SampleMesh.membership(1, "one", "two")
        let (one, two) = (try NodeID("one"), try NodeID("two"))
        let keys = (0..<100).map { "k\($0)" }
        let key = try #require(keys.first { membership.node(for: SampleAccount.kind, $0, .anywhere) == two })
        let transport = ScriptedTransport(mesh.network.transport(of: one, clock: mesh.world.clock), fates)
        return Pair(
            one: try mesh.node("one", membership: membership, transport: transport),
            two: try mesh.node("two", membership: membership),
            transport: transport,
            key: key
        )
    }

    private struct Pair {
        let one: ActorNode
        let two: ActorNode
        let transport: ScriptedTransport
        let key: String
    }

    @Test(arguments: obstacles)
    func `a lost reply is never followed by the claim that nothing happened, and its id finds out`(
        obstacle: ScriptedTransport.Fate
    ) throws {
        try forSeeds(1...3) { mesh in
            let pair = try pair(mesh, .loseResponse)
            pair.transport.always(obstacle)
            try await mesh.running(pair.one, pair.two) {
                // Until node two serves: what does not reach it is not lost.
                try await mesh.world.clock.sleep(for: .milliseconds(1))
                let account = try pair.one.actor(SampleAccount.self, pair.key)
                var id: CommandID?
                do throws(CallFailure<NoRefusal>) {
                    _ = try await account.call(SampleAccount.Deposit(amount: 5))
                    throw .overloaded(retryAfter: .zero)
                } catch {
                    try check(error == .failed(ActorError(.outcomeUnknown, "")), "\(error)")
                    id = error.openCommand
                }
                try check(id != nil, "nobody can ask again")
                pair.transport.always(nil)
                try check(try await account.call(SampleAccount.Deposit(amount: 5), id: id) == 5, "another answer")
                try check(try await account.call(SampleAccount.Balance()) == 5, "it was carried out twice")
            }
        }
    }

    @Test func `what passes is waited for when a reply has been lost`() throws {
        try forSeeds(1...3) { mesh in
            let busy = ScriptedTransport.Fate.answer(.failed(.unavailable, retryAfter: .milliseconds(100)))
            let pair = try pair(mesh, .loseResponse, busy, .unreachable, busy)
            try await mesh.running(pair.one, pair.two) {
                // Until node two serves: what does not reach it is not lost.
                try await mesh.world.clock.sleep(for: .milliseconds(1))
                let account = try pair.one.actor(SampleAccount.self, pair.key)
                try check(try await account.call(SampleAccount.Deposit(amount: 5)) == 5, "another answer")
                try check(try await account.call(SampleAccount.Balance()) == 5, "it was carried out twice")
            }
        }
    }

    @Test func `a refusal is no answer while an earlier try is under way`() throws {
        try forSeeds(1...3) { mesh in
            let pair = try pair(mesh, .loseRequest)
            try await mesh.running(pair.one, pair.two) {
                // Until node two serves: what does not reach it is not lost.
                try await mesh.world.clock.sleep(for: .milliseconds(1))
                let account = try pair.one.actor(SampleAccount.self, pair.key)
                do throws(Withdrawal) {
                    _ = try await account.call(SampleAccount.Withdraw(amount: 5))
                    throw .overloaded(retryAfter: .zero)
                } catch {
                    try check(error == .failed(ActorError(.outcomeUnknown, "")), "\(error)")
                    try check(error.openCommand != nil, "nobody can ask again")
                    guard case .failed(let failure) = error, let open = failure.cause as? OpenCommand,
                        open.cause as? SampleAccount.Refusal == .insufficient(balance: 0)
                    else { throw Complaint(what: "the refusal is not the cause of \(error)") }
                }
                _ = try await account.call(SampleAccount.Deposit(amount: 5))
                try await pair.transport.deliverLost()
                try check(try await account.call(SampleAccount.Balance()) == 0, "the first try did not arrive")
            }
        }
    }

    @Test func `a deadline is used up to look for the owner, without one the tries have an end`() throws {
        try forSeeds(1...3) { mesh in
            let pair = try pair(mesh)
            pair.transport.always(.unreachable)
            try await mesh.running(pair.one, pair.two) {
                // Until node two serves: what does not reach it is not lost.
                try await mesh.world.clock.sleep(for: .milliseconds(1))
                let account = try pair.one.actor(SampleAccount.self, pair.key)
                let start = mesh.world.clock.now
                do throws(CallFailure<NoRefusal>) {
                    _ = try await account.call(SampleAccount.Balance())
                } catch {
                    try check(error == .failed(ActorError(.tooManyRedirects, "")), "\(error)")
                    try check(error.openCommand == nil, "nothing happened")
                }
                let claims = Limits.Hosting.longestClaimPause * 4 + Limits.Hosting.claimPause * 127
                try check(mesh.world.clock.now - start > claims, "shorter than a takeover from a silent owner")
                let deadline = mesh.world.clock.now + .seconds(20)
                try await withThrowingTaskGroup(of: Int64.self) { group in
                    group.addTask { try await account.call(SampleAccount.Deposit(amount: 5), deadline: deadline) }
                    try await mesh.world.clock.sleep(for: .seconds(12))
                    pair.transport.always(nil)
                    try check(try await group.next() == 5, "another answer")
                }
            }
        }
    }

    @Test func `who waits no longer is told the id, too`() throws {
        try forSeeds(1...3) { mesh in
            let pair = try pair(mesh, .loseResponse)
            pair.transport.always(.unreachable)
            try await mesh.running(pair.one, pair.two) {
                // Until node two serves: what does not reach it is not lost.
                try await mesh.world.clock.sleep(for: .milliseconds(1))
                let account = try pair.one.actor(SampleAccount.self, pair.key)
                var id: CommandID?
                let deadline = mesh.world.clock.now + .seconds(1)
                do throws(CallFailure<NoRefusal>) {
                    _ = try await account.call(SampleAccount.Deposit(amount: 5), deadline: deadline)
                } catch {
                    try check(error == .failed(ActorError(.deadlineExceeded, "")), "\(error)")
                    id = error.openCommand
                }
                pair.transport.always(nil)
                try check(id != nil, "nobody can ask again")
                try check(try await account.call(SampleAccount.Deposit(amount: 5), id: id) == 5, "another answer")
                try check(try await account.call(SampleAccount.Balance()) == 5, "it was carried out twice")
            }
        }
    }

    @Test func `an append of unknown outcome names the id that was drawn for it`() throws {
        try forSeeds(1...5) { mesh in
            let faulty = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .milliseconds(1))
            let node = try mesh.node("one", journal: faulty)
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                faulty.failNextAppend(.loseConfirmation)
                var id: CommandID?
                do throws(CallFailure<NoRefusal>) {
                    _ = try await account.call(SampleAccount.Deposit(amount: 5))
                } catch {
                    id = error.openCommand
                }
                try check(id != nil, "nobody can ask again")
                try check(try await account.call(SampleAccount.Deposit(amount: 5), id: id) == 5, "another answer")
                try check(try await account.call(SampleAccount.Balance()) == 5, "it was carried out twice")
            }
        }
    }

    @Test func `a plain actor's command that was under way when its node stopped is not carried out again`() throws {
        try forSeeds(1...40) { mesh in
            let membership = try SampleMesh.membership(1, "one", "two")
            let keys = (0..<100).map { "k\($0)" }
            let two = try NodeID("two")
            let key = try #require(keys.first { membership.node(for: Sleeper.kind, $0, .anywhere) == two })
            let begun = Lock(0)
            let kinds = [HostedKind.plain(Sleeper.self) { _ in Sleeper(begun, mesh.world.clock) }]
            let caller = try mesh.node("one", membership: membership, kinds: kinds)
            let outcome = Lock<CallFailure<NoRefusal>?>(nil)
            try await mesh.running(caller) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let sleeper = try caller.actor(Sleeper.self, key)
                    group.addTask {
                        do throws(CallFailure<NoRefusal>) {
                            _ = try await sleeper.call(Sleeper.Sleep())
                        } catch {
                            outcome.withLock { $0 = error }
                        }
                    }
                    for life in 1...2 {
                        let node = try mesh.node("two", incarnation: UInt64(life), membership: membership, kinds: kinds)
                        try await mesh.running(node) { try await mesh.world.clock.sleep(for: .milliseconds(300)) }
                    }
                    try await group.waitForAll()
                }
            }
            try check(begun.withLock { $0 } == 1, "it was begun \(begun.withLock { $0 }) times")
            let error = outcome.withLock { $0 }
            try check(error == .failed(ActorError(.outcomeUnknown, "")), "\(String(describing: error))")
        }
    }

    @Test func `a command that cannot be read brings nobody to life`() throws {
        try forSeeds(1...1) { mesh in
            let node = try mesh.node("one")
            try await mesh.running(node) {
                try await mesh.world.clock.sleep(for: .milliseconds(1))
                var generator = SeededGenerator(seed: 1)
                let head = ActorCall.Head(
                    command: CommandID(at: mesh.world.clock.wallTime, using: &generator),
                    address: try ActorAddress(SampleAccount.kind, "a"),
                    tag: SampleAccount.Deposit.tag,
                    timeLeft: nil
                )
                let transport = mesh.network.transport(of: try NodeID("stranger"), clock: mesh.world.clock)
                let payload = try #require(ActorCall.payload(head, "no number"))
                let response = try await transport.request(payload, to: try NodeID("one"), deadline: nil)
                guard case .other(let obstacle) = try ActorReply(payload: response) else {
                    throw Complaint(what: "it was taken")
                }
                try check(obstacle == .failed(.malformed, retryAfter: nil), "\(obstacle)")
                try check(node.counts.activations == 0, "it was activated")
            }
        }
    }
}

/// A transport whose requests meet what the test says: first a list of fates, then one for all, or none.
final class ScriptedTransport: Transport {
    enum Fate: Sendable {
        /// It is handled, and the response is lost.
        case loseResponse
        /// It is held up until ``deliverLost()``, and its caller is told that it is lost.
        case loseRequest
        case unreachable
        /// It is not handled, and answered with this.
        case answer(ActorReply.Obstacle)
    }

    private let transport: any Transport
    private let fates: Lock<(next: [Fate], then: Fate?)>
    private let lost = Lock<[(payload: [UInt8], node: NodeID)]>([])

    init(_ transport: any Transport, _ fates: [Fate]) {
        self.transport = transport
        self.fates = Lock((fates, nil))
    }

    func always(_ fate: Fate?) { fates.withLock { $0.then = fate } }

    /// Lets requests arrive that were held up.
    func deliverLost() async throws {
        for request in lost.withLock({ $0 }) {
            _ = try await transport.request(request.payload, to: request.node, deadline: nil)
        }
    }

    nonisolated(nonsending) func request(
        _ payload: [UInt8],
        to node: NodeID,
        deadline: Instant?
    ) async throws(TransportError) -> [UInt8] {
        let fate = fates.withLock { $0.next.isEmpty ? $0.then : $0.next.removeFirst() }
        switch fate {
        case .unreachable: throw TransportError(.unreachable, "as the test says")
        case .answer(let obstacle): return obstacle.payload
        case .loseResponse:
            _ = try await transport.request(payload, to: node, deadline: deadline)
            throw TransportError(.lost, "as the test says")
        case .loseRequest:
            lost.withLock { $0.append((payload, node)) }
            throw TransportError(.lost, "as the test says")
        case nil: return try await transport.request(payload, to: node, deadline: deadline)
        }
    }

    func serve(_ handler: @escaping RequestHandler) async { await transport.serve(handler) }
}

/// A plain actor that takes its time.
private actor Sleeper: PlainActor {
    static let kind = ActorKind("sleeper")
    static var commands: CommandTable<Sleeper> { CommandTable().accepting(Sleep.self) }

    private let begun: Lock<Int>
    private let clock: VirtualClock

    init(_ begun: Lock<Int>, _ clock: VirtualClock) {
        self.begun = begun
        self.clock = clock
    }

    func sleep() async {
        begun.withLock { $0 += 1 }
        try? await clock.sleep(for: .seconds(1))
    }

    struct Sleep: PlainCommand, SampleEmpty {
        typealias Target = Sleeper
        typealias Reply = Done
        typealias Refusal = NoRefusal

        static let tag: UInt32 = 1

        func perform(on target: isolated Sleeper) async throws(NoRefusal) -> Done {
            await target.sleep()
            return Done()
        }
    }
}
