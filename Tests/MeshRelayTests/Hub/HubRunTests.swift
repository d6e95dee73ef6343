import MeshActors
import MeshChat
import MeshCore
import MeshEscalation
import MeshGateway
import MeshIdentity
import MeshPrivacy
import MeshRelay
import MeshTestKit
import MeshTunnel
import MeshWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A run of an edge at its hub's desk` {
    private static let run = UniqueID(high: 1, low: 1)

    private static func edge(_ number: Int) throws -> NodeIdentity {
        NodeIdentity(tenant: try TenantID("main"), role: .edge, node: try NodeID("edge-\(number)"))
    }

    /// What an edge that asks as `run` hears, all of it.
    private static func answer(
        of office: EscalationOffice,
        to edge: NodeIdentity,
        in world: SeededWorld,
        digest: SHA256Digest? = nil,
        _ change: (inout RelayQuestion) -> Void = { _ in }
    ) async throws -> [TunnelAnswer.Piece] {
        var question = Question(RedactedText(receivedThroughTunnel: "why"), maximumTokens: 10)
        question.model = "tiny"
        change(&question)
        let opener = PipedOpener(edge)
        let answer = TunnelAnswer(
            to: .question(question),
            run: run,
            digest: digest,
            over: opener,
            deadline: world.clock.now + .seconds(60),
            clock: world.clock,
            generator: SeededGenerator(seed: 1)
        )
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while let asked = await opener.opened.next() {
                    do {
                        try await office.serve(asked.channel, asking: asked.opening.wireBytes, by: edge)
                    } catch let refusal as ErrorFrame {
                        asked.channel.refuse(refusal)
                    }
                }
            }
            defer { group.cancelAll() }
            var pieces: [TunnelAnswer.Piece] = []
            while let piece = try await answer.next() { pieces.append(piece) }
            return pieces
        }
    }

    /// Has `body` ask an office over a scripted desk.
    private static func ask(
        _ body: @escaping @Sendable (SeededWorld, EscalationOffice, ScriptedDesk) async throws -> Void
    ) throws {
        let outcome = try SeededRun.run(seed: 1) { world in
            let desk = ScriptedDesk(clock: world.clock)
            let office = EscalationOffice(chats: desk, clock: world.clock, generator: world.generator)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await office.run() }
                try await body(world, office, desk)
                group.cancelAll()
            }
        }
        try outcome.result.get()
    }

    @Test func `is known by its edge and its number, the same whenever it is asked for`() throws {
        let (one, two) = (RunName(edge: try NodeID("a"), run: Self.run), RunName(edge: try NodeID("b"), run: Self.run))
        #expect(one.call != two.call && one.call != Self.run)
        #expect(one.call == RunName(edge: try NodeID("a"), run: Self.run).call)
        #expect(one.call != RunName(edge: try NodeID("a"), run: UniqueID(high: 1, low: 2)).call)
        // Version 8, and the variant of drawn ids: never one of those that the runtime derives.
        for name in [one, two] { #expect(name.call.high >> 12 & 0xF == 8 && name.call.low >> 62 == 0b10) }
    }

    @Test func `meets no other edge's run of the same number`() throws {
        try Self.ask { world, office, desk in
            for number in 1...2 {
                let heard = try await Self.answer(of: office, to: try Self.edge(number), in: world)
                try check(heard.contains(.event(.text("\(number)"))), "\(heard)")
            }
            let again = EscalationOffice(chats: desk, clock: world.clock, generator: world.generator)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await again.run() }
                _ = try await Self.answer(of: again, to: try Self.edge(1), in: world)
                group.cancelAll()
            }
            let ids = desk.calls.withLock { $0.map(\.id) }
            try check(ids.count == 3 && ids[0] != ids[1] && ids[0] == ids[2], "\(ids)")
            try check(ids[0] == RunName(edge: try NodeID("edge-1"), run: Self.run).call, "\(ids)")
        }
    }

    @Test func `is its asker's own, whatever a session has added to the question meanwhile`() throws {
        let digest = SHA256.digest(Array("the request as it came".utf8))
        func ask(_ digests: [SHA256Digest?]) throws -> EscalationFailure? {
            let failure = Lock<EscalationFailure?>(nil)
            try Self.ask { world, office, desk in
                // An edge that goes away without a word: its run goes on.
                let (gone, hub) = try PipedChannel.pair(of: try Self.edge(1))
                let question = Question(RedactedText(receivedThroughTunnel: "why"), maximumTokens: 10)
                let opening = RelayOpening(run: Self.run, ask: .question(question), digest: digests[0])
                async let served: Void = office.serve(hub, asking: opening.wireBytes, by: try Self.edge(1))
                _ = try await gone.read()
                gone.letGo()
                _ = try? await served
                do {
                    _ = try await Self.answer(of: office, to: try Self.edge(1), in: world, digest: digests[1]) {
                        $0.history = [
                            .init(.user, RedactedText(receivedThroughTunnel: "Hello")),
                            .init(.assistant, RedactedText(receivedThroughTunnel: "Hi")),
                        ]
                    }
                } catch let error as EscalationFailure {
                    failure.withLock { $0 = error }
                }
                try check(desk.calls.withLock { $0.count } == 1, "nobody is asked twice")
            }
            return failure.withLock { $0 }
        }
        #expect(try ask([digest, digest]) == nil)
        #expect(try ask([digest, SHA256.digest(Array("another".utf8))])?.code == .conflict)
        #expect(try ask([nil, nil])?.code == .conflict)
    }

    @Test func `says where it belongs: its edge, and the project that it names`() throws {
        try Self.ask { world, office, desk in
            _ = try await Self.answer(of: office, to: try Self.edge(1), in: world) { $0.project = "paper" }
            let place = desk.calls.withLock { $0.last?.place }
            try check(place == CallPlace(project: "paper", edge: "edge-1"), "\(String(describing: place))")
        }
    }

    @Test func `that names an adapter is refused, and nobody is asked`() throws {
        try Self.ask { world, office, desk in
            let failure = try await problem(EscalationFailure.self) {
                _ = try await Self.answer(of: office, to: try Self.edge(1), in: world) { $0.adapter = "legal" }
            }
            try check(failure.chat == .unknownAdapter && failure.field == "lora_id", "\(failure)")
            try check(desk.calls.withLock { $0.isEmpty }, "nobody is asked")
        }
    }
}
