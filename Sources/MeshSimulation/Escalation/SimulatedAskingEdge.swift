internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshEscalation
internal import MeshGateway
internal import MeshIdentity
internal import MeshPrivacy
internal import MeshRelay
internal import MeshTestKit
internal import MeshTunnel

/// An edge whose process may end, and begin again with nothing in memory but its key.
final class SimulatedAskingEdge: Sendable {
    /// One life of its process.
    final class Life: AnswerChannelOpener, Sendable {
        let number: Int
        let over = OneShot<Bool>()
        private let edge: Int
        private let network: AnswerNetwork
        private let isDead = Lock(false)

        init(_ number: Int, edge: Int, network: AnswerNetwork) {
            (self.number, self.edge, self.network) = (number, edge, network)
        }

        var isAlive: Bool { !isDead.withLock { $0 } }
        var isConnected: Bool { isAlive && network.isConnected(edge) }

        func open(asking payload: [UInt8]) async throws(TransportError) -> any ByteChannel {
            try await network.open(payload, by: edge) { isAlive }
        }

        func end() {
            isDead.withLock { $0 = true }
            for line in network.lines(of: edge) { line.kill(.edge) }
            over.open(true)
        }
    }

    private let number: Int
    private let network: AnswerNetwork
    private let secret: TokenKey
    /// What somebody asks of whom nobody restores anything.
    private let plainText: RedactedText
    private let state: Lock<(life: Life, generator: SeededGenerator)>

    init(_ number: Int, network: AnswerNetwork, generator: SeededGenerator) throws {
        self.number = number
        self.network = network
        let bytes = [UInt8](repeating: UInt8(number + 1), count: TokenKey.byteCount)
        guard let secret = bytes.withUnsafeBytes({ TokenKey(copying: $0) }) else {
            preconditionFailure("a key has its length")
        }
        self.secret = secret
        var map = PlaceholderMap(
            key: PlaceholderKey(secret: secret, tenant: network.tenant(), session: "plain"),
            now: network.clock.wallTime
        )
        plainText = try Redactor().redact("Why is snow cold?", with: &map).text
        state = Lock((Life(0, edge: number, network: network), generator))
    }

    var life: Life { state.withLock { $0.life } }

    /// Its process ends, and another begins.
    func restart() {
        let former = state.withLock { state in
            let former = state.life
            state.life = Life(former.number + 1, edge: number, network: network)
            return former
        }
        former.end()
    }

    /// An answer that is asked for in one life.
    func answer(to ask: PlannedAsk, in life: Life, until deadline: Instant) async throws(EscalationFailure)
        -> HeardAnswer
    {
        let generator = state.withLock { $0.generator.split() }
        guard ask.isRestored else {
            var question = Question(plainText, maximumTokens: 1_000)
            question.model = SimulatedAnswerHub.model
            let answer = TunnelAnswer(
                to: .question(question),
                run: ask.run,
                over: life,
                deadline: deadline,
                clock: network.clock,
                generator: generator
            )
            return .plain(answer)
        }
        let maps = ConversationMaps(
            redactor: Redactor(),
            secret: secret,
            vault: VolatileVault(),
            lifetime: .seconds(86_400),
            clock: network.clock
        )
        let tally = UsageTally(since: network.clock.wallTime)
        let parts = EdgeDesk.Parts(maps: maps, opener: life, tally: tally, tenant: network.tenant()) { _, _ in
            throw CancellationError()
        }
        let desk = EdgeDesk(parts, clock: network.clock, generator: generator)
        var request = ChatRequest(
            model: SimulatedAnswerHub.model,
            messages: [ChatMessage(.user, "Write to \(PlannedAsk.secret) , number \(ask.run.low)")]
        )
        request.isStreamed = true
        let caller = Caller(tenant: network.tenant(), key: nil, scopes: [.chat], requestsPerMinute: nil)
        do throws(ChatError) {
            let call = ChatCall(id: ask.run, caller: caller, request: request, deadline: deadline)
            return .restored(try await desk.begin(call))
        } catch {
            throw EscalationFailure(error)
        }
    }
}

/// What an asker reads.
enum HeardAnswer: Sendable {
    case plain(TunnelAnswer)
    case restored(any ChatRun)

    /// The next words; nil behind the end.
    func next() async throws(EscalationFailure) -> String? {
        while true {
            switch self {
            case .plain(let answer):
                guard let piece = try await answer.next() else { return nil }
                if case .event(.text(let text)) = piece { return text }
                if case .event = piece { continue }
                return ""
            case .restored(let answer):
                do throws(ChatError) {
                    guard let event = try await answer.next() else { return nil }
                    if case .text(let text) = event { return text }
                    if case .ended = event { return "" }
                } catch { throw EscalationFailure(error) }
            }
        }
    }

    func cancel() {
        switch self {
        case .plain(let answer): answer.cancel()
        case .restored(let answer): answer.cancel()
        }
    }
}
