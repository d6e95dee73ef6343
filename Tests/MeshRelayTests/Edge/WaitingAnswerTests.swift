import MeshActors
import MeshChat
import MeshCore
import MeshEscalation
import MeshGateway
import MeshIdentity
import MeshPrivacy
import MeshRelay
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `An answer that an edge waits for` {
    private static func edge() throws -> NodeIdentity {
        NodeIdentity(tenant: try TenantID("main"), role: .edge, node: try NodeID("edge-1"))
    }

    @Test(arguments: [0, 1]) func `is given up at its deadline where the hub says nothing more`(words: Int) throws {
        for seed in 0...7 as ClosedRange<UInt64> {
            let outcome = try SeededRun.run(seed: seed) { world in
                let opener = PipedOpener(try Self.edge())
                let deadline = world.clock.now + .seconds(20)
                let answer = `An office of answers`.answer(over: opener, until: deadline, on: world.clock)
                async let hub = opener.opened.next()?.channel
                if words == 1 {
                    async let first = answer.next()
                    let said: [AnswerItem] = [.opened(5), .event(.text("We"))]
                    try await hub?.write(said.flatMap(\.streamBytes))
                    try check(try await first == .event(.text("We")), "a word")
                }
                let failure = try await problem(EscalationFailure.self) { _ = try await answer.next() }
                try check(failure.code == .timedOut && failure.hasBegun == (words == 1), "\(failure)")
                try check(world.clock.now == deadline, "at \(world.clock.now)")
                // The hub learns that nobody wants it any more.
                try check(await hub?.failure?.cause is PeerCancelled, "the hub goes on")
                let more = try? await answer.next()
                try check(more == nil, "nothing comes behind it")
            }
            try outcome.result.get()
        }
    }

    @Test func `is cancelled on the hub where whoever reads is cancelled`() throws {
        let outcome = try SeededRun.run(seed: 1) { world in
            let opener = PipedOpener(try Self.edge())
            let deadline = world.clock.now + .seconds(20)
            let answer = `An office of answers`.answer(over: opener, until: deadline, on: world.clock)
            let failure = try await withThrowingTaskGroup(of: EscalationFailure?.self) { group in
                group.addTask {
                    do throws(EscalationFailure) {
                        _ = try await answer.next()
                        return nil
                    } catch { return error }
                }
                let hub = await opener.opened.next()?.channel
                group.cancelAll()
                let failure = try await group.next() ?? nil
                try check(hub?.failure?.cause is PeerCancelled, "the hub goes on")
                return failure
            }
            try check(failure?.code == .cancelled, "\(String(describing: failure))")
            try check(opener.opened.count == 0, "no other stream is opened")
        }
        try outcome.result.get()
    }

    @Test func `a hub's models are believed for a while, and longer where it does not answer`() throws {
        let outcome = try SeededRun.run(seed: 1) { world in
            let (asked, answers) = (Lock(0), Lock(true))
            let key = [UInt8](repeating: 1, count: TokenKey.byteCount).withUnsafeBytes { TokenKey(copying: $0) }
            let maps = ConversationMaps(
                redactor: Redactor(),
                secret: try #require(key),
                vault: VolatileVault(),
                lifetime: .seconds(60),
                clock: world.clock
            )
            let (clock, opener) = (world.clock, PipedOpener(try Self.edge()))
            let parts = EdgeDesk.Parts(
                maps: maps,
                opener: opener,
                tally: UsageTally(since: clock.wallTime),
                tenant: try TenantID("main")
            ) { _, _ in
                asked.withLock { $0 += 1 }
                guard answers.withLock({ $0 }) else {
                    try await clock.sleep(for: Limits.Relay.modelPatience)
                    throw Complaint(what: "no answer")
                }
                return ModelList(await ScriptedDesk(clock: clock).models())
            }
            let desk = EdgeDesk(parts, clock: clock, generator: world.generator)
            let first = await desk.models()
            try check(first.map(\.name) == ["tiny", "wide"], "\(first)")
            try await clock.sleep(for: Limits.Relay.modelsFor - .milliseconds(1))
            _ = await desk.models()
            try check(asked.withLock { $0 } == 1, "it is believed")
            try await clock.sleep(for: .milliseconds(1))
            answers.withLock { $0 = false }
            let (old, start) = (await desk.models(), clock.now)
            try check(old == first && asked.withLock { $0 } == 2 && start.nanoseconds > 0, "what it said last")
        }
        try outcome.result.get()
    }

    @Test func `a list of models has so many, and a longer one is cut`() async {
        let model = ModelDescription(
            name: "m",
            owner: "us",
            created: WallTime(millisecondsSince1970: 0),
            contextTokens: 1,
            maximumOutputTokens: 1
        )
        let list = ModelList(Array(repeating: model, count: Limits.Relay.maximumModels + 1))
        #expect(list.models.count == Limits.Relay.maximumModels)
    }
}
