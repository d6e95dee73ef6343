import MeshChat
import MeshCore
import MeshGateway
import MeshIdentity
import MeshTestKit

/// A test double of whoever answers chats: does what the name of the model asks for.
///
/// `echo` says what the user said, a character at a time; `fail-CODE` refuses; `break-CODE` breaks off behind some
/// words; `prefill` waits before an answer and `decode` behind its first words, until they are let go or cancelled;
/// `poor` is refused because nobody pays, and `charged` is charged.
final class ScriptedChat: ChatPort {
    struct Figures: Hashable, Sendable {
        var begun = 0
        var holding = 0
        var cancelled = 0
        var isReleased = false
    }

    let figures = Watched(Figures())
    let calls = Lock<[ChatCall]>([])

    static let usage = ChatUsage(inputTokens: 11, cacheReadTokens: 5, outputTokens: 7)
    static let credit = CreditRefusal(
        .ceiling,
        needed: Money(nanodollars: 10_815_001),
        available: Money(nanodollars: 1_999_999),
        topUpURL: "https://pay.example/acme"
    )
    static let charge = CallCharge(
        upstream: Money(nanodollars: 10_500_000),
        total: Money(nanodollars: 10_815_000),
        knowledge: Money(nanodollars: 10_000_000),
        metered: Money(nanodollars: 815_000)
    )
    static let known = [
        ModelDescription(
            name: "echo",
            owner: "meshnode",
            created: WallTime(millisecondsSince1970: 1_790_000_000_000),
            contextTokens: 2_048,
            maximumOutputTokens: 512
        ),
        ModelDescription(
            name: "meshnode/tiny",
            owner: "meshnode",
            created: WallTime(millisecondsSince1970: 1_790_000_000_000),
            contextTokens: 2_048,
            maximumOutputTokens: 512
        ),
    ]

    func models() async -> [ModelDescription] { Self.known }

    func model(named name: String) async -> ModelDescription? { Self.known.first { $0.name == name } }

    func begin(_ call: ChatCall) async throws(ChatError) -> any ChatRun {
        calls.withLock { $0.append(call) }
        let model = call.request.model
        if let code = Self.code(in: model, behind: "fail-") {
            let allowance = RequestAllowance(limit: 100, remaining: 0, reset: .seconds(7))
            var failure = ChatFailure(retryAfter: .seconds(7))
            if code == .rateLimited { failure.allowance = allowance }
            throw ChatError(code, "as asked", cause: failure)
        }
        if model == "poor" { throw ChatError(.paymentRequired, "as asked", cause: ChatFailure(credit: Self.credit)) }
        if model == "prefill" { try await hold() }
        figures.change { $0.begun += 1 }
        return ScriptedRun(call.request, of: self)
    }

    /// Waits until a test lets go; a cancelled wait counts.
    func hold() async throws(ChatError) {
        figures.change { $0.holding += 1 }
        let isCancelled = Lock(false)
        await withTaskCancellationHandler {
            _ = await figures.wait { $0.isReleased || isCancelled.withLock { $0 } }
        } onCancel: {
            isCancelled.withLock { $0 = true }
            figures.change { _ in }
        }
        guard isCancelled.withLock({ $0 }) else { return }
        figures.change { $0.cancelled += 1 }
        throw ChatError(.cancelled, "the client has left")
    }

    static func code(in model: String, behind prefix: String) -> ChatErrorCode? {
        model.hasPrefix(prefix) ? ChatErrorCode(rawValue: String(model.dropFirst(prefix.utf8.count))) : nil
    }
}

/// An answer of a scripted chat.
final class ScriptedRun: ChatRun {
    private struct State {
        var events: [ChatEvent]
        var isOver = false
        var isCancelled = false
    }

    let model: String
    let engine = "scripted"
    let reason = "it was asked for by name"
    let dropped: [String]
    let allowance: RequestAllowance? = RequestAllowance(limit: 100, remaining: 41, reset: .seconds(6))
    let usageSoFar = ScriptedChat.usage
    var charge: CallCharge? { model == "charged" ? ScriptedChat.charge : nil }
    private let chat: ScriptedChat
    private let failure: ChatError?
    private let state: Lock<State>

    init(_ request: ChatRequest, of chat: ScriptedChat) {
        model = request.model
        self.chat = chat
        dropped = request.sampling.seed == nil ? [] : ["seed"]
        var events: [ChatEvent] = [.started(ChatStart(id: "scripted", model: model)), .usage(ScriptedChat.usage)]
        failure = ScriptedChat.code(in: model, behind: "break-").map { ChatError($0, "as asked") }
        let text = request.messages.last?.text ?? ""
        events += text.unicodeScalars.map { .text(String($0)) }
        if failure == nil { events.append(.ended(.endOfTurn)) }
        state = Lock(State(events: events))
    }

    deinit { cancel() }

    func cancel() {
        let isFirst = state.withLock { state in
            defer { state.isCancelled = true }
            return !state.isOver && !state.isCancelled
        }
        if isFirst { chat.figures.change { $0.cancelled += 1 } }
    }

    func next() async throws(ChatError) -> ChatEvent? {
        let (event, isHeld) = state.withLock { state -> (ChatEvent?, Bool) in
            if state.isCancelled { return (nil, false) }
            let event = state.events.isEmpty ? nil : state.events.removeFirst()
            if case .text? = event { return (event, false) }
            if case .ended? = event { return (event, model == "decode") }
            return (event, false)
        }
        if isHeld {
            chat.figures.change { $0.holding += 1 }
            await withTaskCancellationHandler {
                _ = await chat.figures.wait { $0.isReleased || self.isCancelled }
            } onCancel: {
                self.cancel()
                chat.figures.change { _ in }
            }
        }
        if isCancelled { throw ChatError(.cancelled, "it was stopped") }
        if event == nil || event?.isEnd == true { state.withLock { $0.isOver = true } }
        if event == nil, let failure { throw failure }
        return event
    }

    private var isCancelled: Bool { state.withLock { $0.isCancelled } }
}

extension ChatEvent {
    fileprivate var isEnd: Bool { if case .ended = self { true } else { false } }
}

/// A test double of the keys: a few texts that count.
struct ScriptedCallers: CallerDirectory {
    let tenant: TenantID
    let needsKey: Bool
    let knowsKeys: Bool

    init(needsKey: Bool = false, knowsKeys: Bool = true) throws {
        tenant = try TenantID("acme")
        (self.needsKey, self.knowsKeys) = (needsKey, knowsKeys)
    }

    var localCaller: Caller {
        Caller(tenant: tenant, key: nil, scopes: Set(KeyScope.allCases), requestsPerMinute: nil)
    }

    func caller(showing text: String) throws(CallerError) -> Caller {
        let scopes: Set<KeyScope> =
            switch text {
            case "mesh_chat": [.chat]
            case "mesh_read": [.read]
            case "mesh_operate": [.operate]
            case "mesh_old": throw CallerError(.expiredKey, "because")
            case "mesh_typo": throw CallerError(.malformedKey, "it is not spelled right")
            case "mesh_early": throw CallerError(.notNow, "because")
            default: throw CallerError(.unknownKey, "because")
            }
        return Caller(
            tenant: tenant,
            key: String(text.dropFirst(APIKey.prefix.count)),
            scopes: scopes,
            requestsPerMinute: 100
        )
    }
}
