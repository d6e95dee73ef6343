import MeshActors
import MeshChat
import MeshCore
import MeshEscalation
import MeshGateway
import MeshIdentity
import MeshPrivacy
import MeshRelay
import MeshSessions
import MeshTestKit
import MeshTunnel
import MeshWire
import Testing

/// An edge whose conversations and queue live on real actors, over a journal in memory; and the office of its hub,
/// whose desk is scripted.
struct EdgeGround: Sendable {
    /// A test double of the way to the hub, which is there when a test says so.
    final class Way: AnswerChannelOpener {
        private let isThere = Lock(true)
        /// Whether the tunnel has failed for good, so that nobody waits for it any more.
        let isOver = Lock(false)
        /// Whether it is connected, and nobody is reached by it.
        let isBroken = Lock(false)
        let piped: PipedOpener

        init(_ edge: NodeIdentity) { piped = PipedOpener(edge) }

        var isConnected: Bool { isThere.withLock { $0 } }

        func set(_ isThere: Bool) { self.isThere.withLock { $0 = isThere } }

        func open(asking payload: [UInt8]) async throws(TransportError) -> any ByteChannel {
            guard isConnected, !isBroken.withLock({ $0 }) else {
                throw TransportError(.unreachable, "there is no way to the hub")
            }
            return try await piped.open(asking: payload)
        }
    }

    let world: SeededWorld
    let vault: VolatileVault
    let maps: ConversationMaps
    let way: Way
    let chat: ScriptedDesk
    let sessions: SessionOffice
    let questions: EdgeQuestions

    private static func identity() throws -> NodeIdentity {
        NodeIdentity(tenant: try TenantID("acme"), role: .edge, node: try NodeID("edge-1"))
    }

    /// Runs `body` beside such an edge and its hub.
    static func run(seed: UInt64 = 1, _ body: @escaping @Sendable (EdgeGround) async throws -> Void) throws {
        let outcome = try SeededRun.run(seed: seed, maximumSteps: 4_000_000) { world in try await live(world, body) }
        try outcome.result.get()
    }

    private static func live(
        _ world: SeededWorld,
        _ body: @escaping @Sendable (EdgeGround) async throws -> Void
    ) async throws {
        let (edge, vault) = (try identity(), VolatileVault())
        let key = [UInt8](repeating: 7, count: TokenKey.byteCount).withUnsafeBytes { TokenKey(copying: $0) }
        let maps = ConversationMaps(
            redactor: Redactor(),
            secret: try #require(key),
            vault: vault,
            lifetime: .seconds(30 * 86_400),
            clock: world.clock
        )
        let sessionOwner = SessionOwner(tenant: edge.tenant, edge: edge.node)
        let sessions = SessionOffice(texts: ProxiedTexts(maps: maps)) { _ in sessionOwner }
        let node = node(edge.node, sessions.kinds(placed: .edges) + [EdgeQueue.kind], world)
        sessions.open(on: node)
        let (way, chat) = (Way(edge), ScriptedDesk(clock: world.clock))
        let tally = UsageTally(since: world.clock.wallTime)
        let parts = EdgeDesk.Parts(maps: maps, opener: way, tally: tally, tenant: edge.tenant) { _, _ in
            ModelList(await chat.models())
        }
        let desk = EdgeDesk(parts, clock: world.clock, generator: world.generator)
        let queue = EdgeQueue(
            desk,
            sessions: sessions,
            on: node,
            owner: sessionOwner.text,
            life: UniqueID(high: 1, low: 1)
        ) { () async throws(CancellationError) in
            while !way.isConnected, !way.isOver.withLock({ $0 }) {
                try? await world.clock.sleep(for: .milliseconds(10))
                if Task.isCancelled { throw CancellationError() }
            }
        }
        let questions = EdgeQuestions(desk, sessions: sessions, queue: queue, edge: "secret")
        let office = EscalationOffice(chats: chat, clock: world.clock, generator: world.generator)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await node.run() }
            group.addTask { await office.run() }
            group.addTask { await queue.run() }
            group.addTask {
                await withDiscardingTaskGroup { streams in
                    while let asked = await way.piped.opened.next() {
                        streams.addTask {
                            try? await office.serve(asked.channel, asking: asked.opening.wireBytes, by: edge)
                        }
                    }
                }
            }
            try await body(
                EdgeGround(
                    world: world,
                    vault: vault,
                    maps: maps,
                    way: way,
                    chat: chat,
                    sessions: sessions,
                    questions: questions
                )
            )
            group.cancelAll()
        }
        withExtendedLifetime(node) {}
    }

    private static func node(_ name: NodeID, _ kinds: [HostedKind], _ world: SeededWorld) -> ActorNode {
        let owner = Owner(node: name, incarnation: 1)
        return ActorNode(
            owner: owner,
            kinds: kinds,
            membership: Membership(epoch: 1, members: [Member(owner, role: .edge)]),
            journal: VolatileJournal(),
            transport: nil,
            clock: world.clock,
            generator: SeededGenerator(seed: 1),
            logger: Logger(sink: VolatileLogSink(), clock: world.clock, minimumLevel: .debug)
        )
    }

    /// A question of the one who asks here.
    func call(
        _ query: String,
        id: String = "q-1",
        session: String? = nil,
        _ change: (inout Question<UnredactedText>) -> Void = { _ in }
    ) throws -> EscalationCall {
        var question = Question(UnredactedText(query), maximumTokens: 64)
        question.model = "tiny"
        change(&question)
        let session = try session.map { try SessionID($0) }
        return EscalationCall(
            caller: RelayGround.caller,
            request: EscalationRequest(id: id, session: session, question: question),
            deadline: world.clock.now + .seconds(600)
        )
    }

    /// The answer to the request `id` that waits, once it is there.
    func fetched(_ id: String) async throws -> KeptAnswer {
        for _ in 0..<10_000 {
            switch try await questions.standing(of: id, caller: RelayGround.caller) {
            case .answered(let kept): return kept
            case .failed(let failure): throw failure
            case .unknown: throw Complaint(what: "nobody knows of \(id)")
            case .waiting, .asked: try await world.clock.sleep(for: .milliseconds(10))
            }
        }
        throw Complaint(what: "\(id) has no answer")
    }
}
