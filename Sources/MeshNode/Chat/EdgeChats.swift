internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshEscalation
internal import MeshGateway
internal import MeshIO
internal import MeshIdentity
internal import MeshPrivacy
internal import MeshRelay
internal import MeshSessions
internal import MeshTunnel
internal import MeshVault

/// What an edge's applications ask: its privacy proxy, its conversations, and its way to the hub.
///
/// It is there before the edge is: who asks meanwhile hears that it starts.
final class EdgeChats: Sendable {
    private struct Opened: Sendable {
        let desk: EdgeDesk
        let questions: EdgeQuestions
        let queue: EdgeQueue
    }

    private let maps: ConversationMaps
    private let vault: FileVault
    private let settings: PrivacySettings
    private let tenant: TenantID
    private let node: NodeID
    /// What the numbers of runs are made with.
    private let runSecret: String
    private let clock: any Clock
    private let logger: Logger
    private let opened = Lock<Opened?>(nil)

    /// The conversations that are kept on this edge.
    let sessions: SessionOffice
    /// What applications have used.
    let usage: UsageTally

    /// The chats of the edge `identity`, whose maps lie in `folder`.
    ///
    /// Reads a few files here and now: for the start of a process.
    init(_ settings: PrivacySettings, of identity: NodeIdentity, in folder: String, _ ground: RoleGround) throws {
        let (vault, secret) = try FileVault.open("\(folder)/privacy", keyAt: settings.keyFile)
        let maps = ConversationMaps(
            redactor: Redactor(
                policy: settings.policy,
                terms: try settings.termsFile.map { try TermsFile.read(ProcessGround().content(of: $0), path: $0) }
                    ?? OwnTerms()
            ),
            secret: secret,
            vault: vault,
            lifetime: settings.keepFor,
            clock: ground.clock
        )
        let owner = SessionOwner(tenant: identity.tenant, edge: identity.node)
        sessions = SessionOffice(texts: ProxiedTexts(maps: maps)) { _ in owner }
        usage = UsageTally(since: ground.clock.wallTime)
        self.vault = vault
        self.maps = maps
        self.settings = settings
        (tenant, node) = (identity.tenant, identity.node)
        runSecret = secret.withBytes { key in
            HMACSHA256.code(for: Array("meshnode runs 1/\(identity.node.text)".utf8), key: key).description
        }
        (clock, logger) = (ground.clock, ground.logger)
    }

    /// Actors that live on the edge for it.
    var kinds: [HostedKind] { sessions.kinds(placed: .edges) + [EdgeQueue.kind] }

    /// Asks over `edge` from now on.
    func open(over edge: Edge, generator: SeededGenerator) {
        let parts = EdgeDesk.Parts(maps: maps, opener: HubChannels(of: edge), tally: usage, tenant: tenant) {
            name,
            deadline in
            let shelf = try edge.node.actor(ModelShelf.self, ModelShelf.key)
            guard let name else { return try await shelf.call(ModelShelf.List(), deadline: deadline) }
            return try await shelf.call(ModelShelf.Find(name), deadline: deadline)
        }
        sessions.open(on: edge.node)
        var generator = generator
        let desk = EdgeDesk(parts, clock: clock, generator: generator.split())
        let queue = EdgeQueue(
            desk,
            sessions: sessions,
            on: edge.node,
            owner: SessionOwner(tenant: tenant, edge: node).text,
            life: UniqueID(at: clock.wallTime, using: &generator)
        ) { () async throws(CancellationError) in try await edge.waitForTunnel() }
        let questions = EdgeQuestions(desk, sessions: sessions, queue: queue, edge: runSecret)
        opened.withLock { $0 = Opened(desk: desk, questions: questions, queue: queue) }
    }

    /// Asks what waits, and forgets maps that nobody has used for long, until the calling task is cancelled.
    func run(isClockRight: @escaping @Sendable () -> Bool?) async {
        await withDiscardingTaskGroup { group in
            if let queue = opened.withLock({ $0 })?.queue { group.addTask { await queue.run() } }
            await sweep(isClockRight)
        }
    }

    private func sweep(_ isClockRight: @escaping @Sendable () -> Bool?) async {
        await vault.run(clock: clock, lifetime: settings.keepFor, isClockRight: isClockRight) { [logger] outcome in
            switch outcome {
            case .success(0): break
            case .success(let count): logger.log(.info, .mapsForgotten, [LogField(.count, .integer(Int64(count)))])
            case .failure(let error): logger.log(.warning, .mapsNotSwept, error: error)
            }
        }
    }

    private func ready() throws(ChatError) -> Opened {
        guard let opened = opened.withLock({ $0 }) else {
            throw ChatError(.unavailable, "the edge is starting", cause: ChatFailure(retryAfter: .seconds(1)))
        }
        return opened
    }

    private func questions() throws(EscalationFailure) -> EdgeQuestions {
        do throws(ChatError) { return try ready().questions } catch { throw EscalationFailure(error) }
    }
}

extension EdgeChats: ChatPort {
    func begin(_ call: ChatCall) async throws(ChatError) -> any ChatRun { try await ready().desk.begin(call) }

    func models() async -> [ModelDescription] { await (try? ready())?.desk.models() ?? [] }

    func model(named name: String) async -> ModelDescription? { await (try? ready())?.desk.model(named: name) }
}

extension EdgeChats: EscalationPort {
    func run(of request: String, caller: Caller) -> UniqueID {
        // An edge that is starting answers nobody, whatever it calls the request.
        let opened = opened.withLock { $0 }
        return opened?.questions.run(of: request, caller: caller)
            ?? EscalationRequest.run(of: request, asker: caller.asker)
    }

    func drop(_ request: String, caller: Caller) async throws(EscalationFailure) -> Bool {
        try await questions().drop(request, caller: caller)
    }

    func begin(_ call: EscalationCall) async throws(EscalationFailure) -> any EscalationRun {
        try await questions().begin(call)
    }

    func preview(_ call: EscalationCall) async throws(EscalationFailure) -> QuestionPreview {
        try await questions().preview(call)
    }

    func enqueue(_ call: EscalationCall) async throws(EscalationFailure) -> AskStanding {
        try await questions().enqueue(call)
    }

    func standing(of request: String, caller: Caller) async throws(EscalationFailure) -> AskStanding {
        try await questions().standing(of: request, caller: caller)
    }
}

extension LogEvent {
    static let mapsForgotten = LogEvent("privacy.maps-forgotten")
    static let mapsNotSwept = LogEvent("privacy.maps-not-swept")
}
