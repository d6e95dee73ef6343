import MeshChat
import MeshCore
import MeshEscalation
import MeshGateway
import MeshIdentity
import MeshPrivacy

/// A test double of whoever answers questions: as ``ScriptedChat``, by the name of the model that is preferred, and
/// `echo` where none is.
///
/// `offline` and `unredacted` are failures of questions alone; what waits is what a test has put there.
final class ScriptedQuestions: EscalationPort {
    let chat: ScriptedChat
    let calls = Lock<[EscalationCall]>([])
    /// How questions stand that were taken in, by their ids.
    let standings = Lock<[String: AskStanding]>([:])

    static let run = UniqueID(high: 0x0123_4567_89AB_8DEF, low: 0x8123_4567_89AB_CDEF)
    static let cost = Money(nanodollars: 10_815_000)

    init(_ chat: ScriptedChat) { self.chat = chat }

    func begin(_ call: EscalationCall) async throws(EscalationFailure) -> any EscalationRun {
        calls.withLock { $0.append(call) }
        let model = call.request.question.model ?? "echo"
        if model == "offline" { throw EscalationFailure(.offline, "there is no hub now") }
        if model == "unredacted" { throw EscalationFailure(.unredacted, "as asked") }
        var request = ChatRequest(model: model, messages: [ChatMessage(.user, call.request.question.query.text)])
        request.maximumOutputTokens = call.request.question.maximumTokens
        let chatCall = ChatCall(id: Self.run, caller: call.caller, request: request, deadline: call.deadline)
        do throws(ChatError) {
            return ScriptedQuestionRun(try await chat.begin(chatCall))
        } catch {
            throw EscalationFailure(error)
        }
    }

    func enqueue(_ call: EscalationCall) async throws(EscalationFailure) -> AskStanding {
        calls.withLock { $0.append(call) }
        if call.request.question.model == "full" {
            throw EscalationFailure(.queueFull, "so many wait", retryAfter: .milliseconds(29_500))
        }
        standings.withLock { $0[call.request.id] = .waiting }
        return .waiting
    }

    func standing(of request: String, caller: Caller) async throws(EscalationFailure) -> AskStanding {
        standings.withLock { standings in
            let standing = standings[request]
            if case .answered? = standing { standings[request] = nil }
            return standing ?? .unknown
        }
    }
}

/// An answer of scripted questions.
final class ScriptedQuestionRun: EscalationRun {
    private let answer: any ChatRun

    init(_ answer: any ChatRun) { self.answer = answer }

    var run: UniqueID { ScriptedQuestions.run }
    var model: String { answer.model }
    var privacy: PrivacyNote? { PrivacyNote(found: RedactionReport()) }
    var cost: Money? { ScriptedQuestions.cost }
    var charge: CallCharge? { answer.charge }
    var usageSoFar: ChatUsage { answer.usageSoFar }
    func next() async throws(ChatError) -> ChatEvent? { try await answer.next() }
    func cancel() { answer.cancel() }
}

/// A test double of whoever counts what is used.
struct ScriptedUsage: UsagePort {
    func usage(_ caller: Caller) async -> UsageReading {
        var count = UsageCount(ScriptedChat.usage, cost: ScriptedQuestions.cost)
        count.add(UsageCount(ScriptedChat.usage, cost: nil))
        return UsageReading(
            since: WallTime(millisecondsSince1970: 0),
            models: ["echo": count, "tiny": UsageCount(ScriptedChat.usage, cost: nil)]
        )
    }
}
