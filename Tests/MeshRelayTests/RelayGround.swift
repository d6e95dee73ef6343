import MeshActors
import MeshChat
import MeshCore
import MeshEscalation
import MeshGateway
import MeshIdentity
import MeshRelay
import MeshSessions
import MeshTestKit

/// A node whose sessions live on real actors, over a journal in memory.
struct RelayGround: Sendable {
    let world: SeededWorld
    let journal: VolatileJournal
    let office: SessionOffice
    let chat: ScriptedDesk

    static let caller = caller(of: "acme")

    static func caller(of tenant: String, key: String? = nil) -> Caller {
        guard let tenant = try? TenantID(tenant) else { preconditionFailure("no tenant is called so") }
        return Caller(tenant: tenant, key: key, scopes: [.chat], requestsPerMinute: nil)
    }

    /// Runs `body` for some seeds, each on a node of its own, which dies behind it as in a crash.
    static func run(
        seeds: ClosedRange<UInt64> = 0...7,
        texts: any SessionTexts = PlainTexts(),
        _ body: @escaping @Sendable (RelayGround) async throws -> Void
    ) throws {
        for seed in seeds {
            let outcome = try SeededRun.run(seed: seed, maximumSteps: 2_000_000) { world in
                try await RelayGround(world: world, journal: VolatileJournal(), texts: texts).live(1, body)
            }
            try outcome.result.get()
        }
    }

    init(world: SeededWorld, journal: VolatileJournal, texts: any SessionTexts) {
        self.world = world
        self.journal = journal
        office = SessionOffice(texts: texts)
        chat = ScriptedDesk(clock: world.clock)
    }

    /// The life of the node of that number, on the same journal.
    func live(_ incarnation: UInt64, _ body: @escaping @Sendable (RelayGround) async throws -> Void) async throws {
        let owner = Owner(node: try NodeID("hub-1"), incarnation: incarnation)
        let node = ActorNode(
            owner: owner,
            kinds: office.kinds(),
            membership: Membership(epoch: 1, members: [Member(owner, role: .hub)]),
            journal: journal,
            transport: nil,
            clock: world.clock,
            generator: SeededGenerator(seed: incarnation),
            logger: Logger(sink: VolatileLogSink(), clock: world.clock, minimumLevel: .debug)
        )
        office.open(on: node)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await node.run() }
            try await body(self)
            group.cancelAll()
        }
        // The office holds it weakly.
        withExtendedLifetime(node) {}
    }

    /// The names of the caller's sessions, when the list has heard of all changes.
    func listed(_ caller: Caller = RelayGround.caller, of count: Int) async throws -> [String] {
        while true {
            let page = try await office.list(caller, after: nil, count: 100)
            let isTold = page.entries.allSatisfy { $0.revision != nil } && page.entries.count == count
            if isTold { return page.entries.map(\.id.text) }
            try await world.clock.sleep(for: .milliseconds(1))
        }
    }
}

/// A test double of a hub's desk: says of each question what it was asked, and keeps what it was told.
///
/// A model called `unknown` is none; `broken` breaks off behind its first words, `cut` says as much as it may, `silent`
/// says nothing until whoever asks is cancelled; `echo` says the question back, and `repeat` many times.
final class ScriptedDesk: ChatPort {
    let calls = Lock<[ChatCall]>([])
    /// What the next questions are refused with, in order, and when each of all was asked.
    let refusals = Lock<[ChatError]>([])
    let asked = Lock<[Instant]>([])
    /// Whether nobody is answered now, and how many went away meanwhile.
    let isHeld = Lock(false)
    let left = Lock(0)
    private let clock: any Clock

    init(clock: any Clock) { self.clock = clock }

    static let usage = ChatUsage(inputTokens: 30, cacheReadTokens: 3, outputTokens: 5)

    func models() async -> [ModelDescription] { [Self.model("tiny"), Self.model("wide", tokens: 1_000_000)] }

    func model(named name: String) async -> ModelDescription? { name == "unknown" ? nil : Self.model(name) }

    private static func model(_ name: String, tokens: Int = 2_048) -> ModelDescription {
        let epoch = WallTime(millisecondsSince1970: 0)
        return ModelDescription(
            name: name,
            owner: "us",
            created: epoch,
            contextTokens: tokens,
            maximumOutputTokens: 512
        )
    }

    func begin(_ call: ChatCall) async throws(ChatError) -> any ChatRun {
        guard call.request.model != "unknown" else { throw ChatError(.unknownModel, "there is no such model") }
        asked.withLock { $0.append(clock.now) }
        if let refusal = refusals.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw refusal }
        while call.request.model == "silent" || isHeld.withLock({ $0 }) {
            try? await clock.sleep(for: .seconds(1))
            guard Task.isCancelled else { continue }
            left.withLock { $0 += 1 }
            throw ChatError(.cancelled, "stopped")
        }
        let number = calls.withLock { calls in
            calls.append(call)
            return calls.count
        }
        let question = call.request.messages.last?.text ?? ""
        return switch call.request.model {
        case "echo": ScriptedAnswer(call.request, question)
        case "repeat": ScriptedAnswer(call.request, String(repeating: question + " ", count: Self.repetitions))
        default: ScriptedAnswer(call.request, "answer \(number)")
        }
    }

    /// How often `repeat` says the question.
    static let repetitions = 100_000

    /// What was asked last: the texts of all messages, and the system's.
    var lastTexts: [String] {
        calls.withLock { $0.last }.map { $0.request.system.compactMap(\.text) + $0.request.messages.map(\.text) } ?? []
    }
}

/// An answer of a scripted desk.
final class ScriptedAnswer: ChatRun {
    let model: String
    let engine = "scripted"
    let reason = "it was asked for"
    let dropped: [String] = []
    let allowance: RequestAllowance? = nil
    let usageSoFar = ScriptedDesk.usage
    private let events: Lock<[ChatEvent]>

    init(_ request: ChatRequest, _ text: String) {
        model = request.model
        let start = ChatEvent.started(ChatStart(id: "1", model: request.model))
        var events: [ChatEvent] = [start, .usage(ScriptedDesk.usage)]
        events += text.utf8.count < 1_000 ? text.map { .text(String($0)) } : [.text(text)]
        if request.model != "broken" { events.append(.ended(request.model == "cut" ? .maximumTokens : .endOfTurn)) }
        self.events = Lock(events)
    }

    func next() async throws(ChatError) -> ChatEvent? {
        let event = events.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard event != nil || model != "broken" else { throw ChatError(.upstreamFailed, "as asked") }
        return event
    }

    func cancel() { events.withLock { $0 = [] } }
}

/// A test double of a privacy proxy: keeps each text backwards, and shows it as it was.
///
/// What says `card` may not be kept.
final class BackwardTexts: SessionTexts {
    let forgotten = Lock<[SessionKey]>([])

    var isRedacted: Bool { true }

    func kept(_ text: String, in field: String, of session: SessionKey) async throws(SessionProblem) -> String {
        guard !text.contains("card") else { throw .blocked("\(field) holds a card") }
        return String(text.reversed())
    }

    func shown(_ text: String, of session: SessionKey) async throws(SessionProblem) -> String {
        String(text.reversed())
    }

    func forget(_ session: SessionKey) async throws(SessionProblem) { forgotten.withLock { $0.append(session) } }
}

/// Fails the run with `what`, which the seed then replays.
func check(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw Complaint(what: what()) }
}

struct Complaint: Error { let what: String }

/// The problem that `body` ends with.
func problem<Failure: Error>(
    _ kind: Failure.Type,
    _ body: () async throws -> Void
) async throws -> Failure {
    do { try await body() } catch let failure as Failure { return failure }
    throw Complaint(what: "nothing went wrong")
}
