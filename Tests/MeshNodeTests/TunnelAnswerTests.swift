import MeshActors
import MeshChat
import MeshCore
import MeshEscalation
import MeshIO
import MeshNode
import MeshPrivacy
import MeshQUIC
import MeshRelay
import MeshTestKit
import MeshTunnel
import Testing

@Suite("Answers through a real tunnel") struct TunnelAnswerTests {
    /// An edge of the ground's hub that opens streams over whatever link it has.
    private struct Asker: AnswerChannelOpener {
        let transport: QUICTransport
        let hub: NodeID
        let isThere = Lock(true)

        var isConnected: Bool { isThere.withLock { $0 } }

        func open(asking payload: [UInt8]) async throws(TransportError) -> any ByteChannel {
            try await PeerChannels(transport, to: hub).open(asking: payload)
        }
    }

    private struct Ground: Sendable {
        let assembly: AssemblyGround
        let asker: Asker
        let office: EscalationOffice

        func ask(_ words: String = "how far is it", run: UInt64 = 7) -> TunnelAnswer {
            let text = RedactedText(receivedThroughTunnel: words)
            return TunnelAnswer(
                to: .question(Question(text, maximumTokens: 100)),
                run: UniqueID(high: 1, low: run),
                over: asker,
                deadline: assembly.clock.now + .seconds(60),
                clock: assembly.clock,
                generator: SeededGenerator(seed: run)
            )
        }

        /// Another link, and the end of the one before.
        func cut() async throws {
            await asker.transport.disconnect(from: asker.hub)
            _ = try await assembly.dial(asker.transport)
        }
    }

    private static func run(
        _ chats: PacedChats,
        _ body: @escaping @Sendable (Ground) async throws -> Void
    ) async throws {
        try await AssemblyGround.run { assembly in
            let transport = try await assembly.transport("laptop-7", configuration: Edge.connectionDefaults)
            let hub = try await assembly.dial(transport).node
            let office = EscalationOffice(
                chats: chats,
                clock: assembly.clock,
                generator: SeededGenerator(seed: 3)
            )
            do {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await office.run() }
                    group.addTask {
                        await assembly.hub.transport.serveQuestions { stream in
                            guard let payload = stream.question, let edge = stream.opener else { return }
                            try await office.serve(stream, asking: payload, by: edge)
                        }
                    }
                    try await body(
                        Ground(assembly: assembly, asker: Asker(transport: transport, hub: hub), office: office)
                    )
                    group.cancelAll()
                }
            } catch {
                await transport.close()
                throw error
            }
            await transport.close()
        }
    }

    private static func text(_ pieces: [TunnelAnswer.Piece]) -> String {
        pieces.reduce(into: "") { text, piece in
            if case .event(.text(let words)) = piece { text += words }
        }
    }

    private static func expected(_ words: Int) -> String { (1...words).map { PacedRun.word($0) }.joined() }

    /// All that is left of it, or the failure behind what there was.
    private static func rest(
        of answer: TunnelAnswer
    ) async -> (pieces: [TunnelAnswer.Piece], failure: EscalationFailure?) {
        var pieces: [TunnelAnswer.Piece] = []
        do throws(EscalationFailure) {
            while let piece = try await answer.next() { pieces.append(piece) }
            return (pieces, nil)
        } catch {
            return (pieces, error)
        }
    }

    @Test("An answer arrives whole, with its usage and cost, and the hub forgets the run", .timeLimit(.minutes(1)))
    func wholeAnswersArrive() async throws {
        let chats = PacedChats(words: 50)
        try await Self.run(chats) { ground in
            let (pieces, failure) = await Self.rest(of: ground.ask())
            #expect(failure == nil)
            #expect(Self.text(pieces) == Self.expected(50))
            let usage = ChatUsage(inputTokens: 3, outputTokens: 50)
            #expect(
                pieces.last
                    == .end(AnswerEnd(reason: .endOfTurn, usage: usage, cost: Money(nanodollars: 42)))
            )
            #expect(pieces.first == .event(.started(ChatStart(id: "paced-1", model: "paced-raw"))))
            while ground.office.count > 0 { try await ground.assembly.clock.sleep(for: .milliseconds(2)) }
        }
        #expect(chats.figures.value.begun.count == 1)
    }

    @Test("A tunnel that is cut within the answer goes on at the next word", .timeLimit(.minutes(1)))
    func cutsAreGoneOnWith() async throws {
        let chats = PacedChats(words: 30, allowed: 10)
        try await Self.run(chats) { ground in
            let answer = ground.ask()
            var pieces: [TunnelAnswer.Piece] = []
            for cut in 1...3 {
                while Self.text(pieces) != Self.expected(cut * 10) {
                    pieces.append(try #require(try await answer.next()))
                }
                try await ground.cut()
                chats.allow((cut + 1) * 10)
            }
            let (rest, failure) = await Self.rest(of: answer)
            #expect(failure == nil)
            #expect(Self.text(pieces + rest) == Self.expected(30))
        }
        #expect(chats.figures.value.begun.count == 1)
        #expect(chats.figures.value.cancelled == 0)
    }

    @Test("Whoever leaves stops whoever answers", .timeLimit(.minutes(1)), arguments: [0, 1, 20])
    func leavingStops(words: Int) async throws {
        let chats = PacedChats(words: 40, allowed: words)
        try await Self.run(chats) { ground in
            let answer = ground.ask()
            let reader = Lock<[TunnelAnswer.Piece]>([])
            await withTaskGroup(of: EscalationFailure?.self) { group in
                group.addTask {
                    do throws(EscalationFailure) {
                        while let piece = try await answer.next() { reader.withLock { $0.append(piece) } }
                        return nil
                    } catch { return error }
                }
                _ = await chats.figures.wait { $0.begun.count == 1 && $0.said == words }
                answer.cancel()
                let failure = await group.next() ?? nil
                #expect(failure?.code == .cancelled)
            }
            _ = await chats.figures.wait { $0.cancelled == 1 }
        }
        #expect(chats.figures.value.ended == 0)
    }

    @Test("What the hub refuses is told with its class, and nothing is left behind", .timeLimit(.minutes(1)))
    func refusalsAreTold() async throws {
        let failure = ChatError(.paymentRequired, "no credit", cause: ChatFailure(retryAfter: .seconds(3)))
        try await Self.run(PacedChats(words: 1, refusal: failure)) { ground in
            let (pieces, failure) = await Self.rest(of: ground.ask())
            #expect(pieces.isEmpty)
            #expect(failure?.chatCode == .paymentRequired)
            #expect(failure?.retryAfter == .seconds(3))
            while ground.office.count > 0 { try await ground.assembly.clock.sleep(for: .milliseconds(2)) }
        }
    }

    @Test("An edge without a hub says so at once")
    func offlineIsSaid() async throws {
        try await Self.run(PacedChats(words: 1)) { ground in
            ground.asker.isThere.withLock { $0 = false }
            let (pieces, failure) = await Self.rest(of: ground.ask())
            #expect(pieces.isEmpty)
            #expect(failure?.code == .offline)
        }
    }

    @Test("A run that is under way does not answer another question")
    func otherQuestionsConflict() async throws {
        let chats = PacedChats(words: 4, allowed: 2)
        try await Self.run(chats) { ground in
            let first = ground.ask("one")
            _ = try await first.next()
            let (_, failure) = await Self.rest(of: ground.ask("another"))
            #expect(failure?.code == .conflict)
            chats.allow(4)
            let (rest, none) = await Self.rest(of: first)
            #expect(none == nil && !rest.isEmpty)
        }
        #expect(chats.figures.value.begun.count == 1)
    }

    @Test("Answers that nobody reads hold up no other", .timeLimit(.minutes(2)))
    func unreadAnswersHoldNobodyUp() async throws {
        // Together more than a connection takes without being read, by its standard.
        let count = 2 * QUICConfiguration().connectionWindow / Limits.Escalation.windowBytes
        #expect(count < Limits.Edge.unreadAnswers)
        let chats = PacedChats(words: 64, width: 8_192)
        try await Self.run(chats) { ground in
            let unread = (1...count).map { ground.ask(run: UInt64($0)) }
            for answer in unread { _ = try await answer.next() }
            // Each is held back where the hub keeps as much of it as it may.
            let held = count * Limits.Escalation.windowBytes / 8_192
            _ = await chats.figures.wait { $0.said >= held }
            let (pieces, failure) = await Self.rest(of: ground.ask(run: UInt64(count + 1)))
            #expect(failure == nil)
            #expect(Self.text(pieces).utf8.count == 64 * 8_192)
            for answer in unread { answer.cancel() }
        }
    }

    @Test("Two hundred answers at a time are all whole, through one tunnel", .timeLimit(.minutes(2)))
    func manyAtATime() async throws {
        let chats = PacedChats(words: 20)
        try await Self.run(chats) { ground in
            await withTaskGroup(of: Bool.self) { group in
                for number in 1...200 {
                    group.addTask {
                        let (pieces, failure) = await Self.rest(of: ground.ask(run: UInt64(number)))
                        return failure == nil && Self.text(pieces) == Self.expected(20)
                    }
                }
                for await isWhole in group { #expect(isWhole) }
            }
        }
        #expect(Set(chats.figures.value.begun).count == 200)
    }
}
