import MeshActors
import MeshChat
import MeshCore
import MeshGateway
import MeshTestKit

/// A test double of whoever answers chats on a hub: says numbered words, each when the test lets it.
final class PacedChats: ChatPort {
    struct Figures: Hashable, Sendable {
        /// Answers that were begun, by the run.
        var begun: [UniqueID] = []
        /// Words that may be said, of each answer.
        var allowed = 0
        /// Words that were taken.
        var said = 0
        var cancelled = 0
        var ended = 0
    }

    let figures: Watched<Figures>
    let words: Int
    /// Bytes of each word.
    let width: Int
    let refusal: ChatError?

    init(words: Int, width: Int = 0, allowed: Int = .max, refusal: ChatError? = nil) {
        self.words = words
        self.width = width
        self.refusal = refusal
        figures = Watched(Figures(allowed: allowed))
    }

    func allow(_ count: Int) { figures.change { $0.allowed = max($0.allowed, count) } }

    func begin(_ call: ChatCall) async throws(ChatError) -> any ChatRun {
        if let refusal { throw refusal }
        figures.change { $0.begun.append(call.id) }
        return PacedRun(of: self)
    }

    func models() async -> [ModelDescription] { [] }

    func model(named name: String) async -> ModelDescription? { nil }
}

/// An answer of a paced chat: `started`, so many words, usage, the end.
final class PacedRun: ChatRun {
    private struct State {
        var step = 0
        var isCancelled = false
    }

    let model = "paced"
    let engine = "paced"
    let reason = "it is the only one"
    let dropped: [String] = []
    let allowance: RequestAllowance? = nil
    let costSoFar: Money? = Money(nanodollars: 42)
    private let chats: PacedChats
    private let state = Lock(State())

    init(of chats: PacedChats) { self.chats = chats }

    var usageSoFar: ChatUsage {
        ChatUsage(inputTokens: 3, outputTokens: min(max(0, state.withLock { $0.step } - 1), chats.words))
    }

    static func word(_ number: Int) -> String { "word \(number), " }

    func next() async throws(ChatError) -> ChatEvent? {
        let step = state.withLock { $0.step }
        if step > 0, step <= chats.words {
            await withTaskCancellationHandler {
                _ = await chats.figures.wait { $0.allowed >= step || self.isCancelled }
            } onCancel: {
                cancel()
            }
        }
        guard !isCancelled else { throw ChatError(.cancelled, "it was stopped") }
        state.withLock { $0.step += 1 }
        switch step {
        case 0: return .started(ChatStart(id: "paced-1", model: "paced-raw"))
        case 1...chats.words:
            chats.figures.change { $0.said += 1 }
            let word = Self.word(step)
            return .text(word + String(repeating: ".", count: max(0, chats.width - word.utf8.count)))
        case chats.words + 1: return .usage(ChatUsage(inputTokens: 3, outputTokens: chats.words))
        case chats.words + 2:
            chats.figures.change { $0.ended += 1 }
            return .ended(.endOfTurn)
        default: return nil
        }
    }

    private var isCancelled: Bool { state.withLock { $0.isCancelled } }

    func cancel() {
        let isFirst = state.withLock { state in
            defer { state.isCancelled = true }
            return !state.isCancelled && state.step <= chats.words + 2
        }
        chats.figures.change { if isFirst { $0.cancelled += 1 } }
    }
}
