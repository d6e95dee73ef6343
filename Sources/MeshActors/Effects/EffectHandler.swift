internal import MeshCore

/// A performer without its type: does one effect, and says how to tell the actor of the result.
struct EffectHandler<Value: Journaled>: Sendable {
    /// Tells the actor; returns why it did not take the result, or nil.
    typealias Telling = @Sendable (JournaledActor<Value>) async -> String?

    let perform: @Sendable (PendingEffect<Value.Effect>, EffectContext) async throws -> Telling

    init<Performer: EffectPerformer>(_ performer: Performer) where Performer.Target == Value {
        perform = { pending, context in
            let completion = try await performer.perform(pending.effect, context)
            let position = pending.position
            let id = CommandID(derivedFrom: position.head, index: position.index, .effectCompletion)
            return { actor in
                do throws(CallFailure<Performer.Completion.Refusal>) {
                    try await actor.complete(completion, id: id)
                    return nil
                } catch {
                    return error.reason
                }
            }
        }
    }

    /// The handler of values that cannot have an effect.
    init() where Value.Effect == NoEffect { perform = { _, _ in { _ in nil } } }
}

extension CallFailure {
    /// What may be logged of it: a refusal may hold what people have written.
    fileprivate var reason: String {
        switch self {
        case .refused: "its completion was refused"
        case .overloaded: "its completion found no room"
        case .failed(let error): error.description
        }
    }
}

/// How long to wait before the next try: doubling from the first pause, up to the longest.
package struct Backoff: Hashable, Sendable {
    private let first: Duration
    private let longest: Duration

    /// Pauses from `first`, each twice as long as the one before, up to `longest`.
    package init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// The pause after the failed try `attempt`, counted from 1.
    package func pause(after attempt: Int) -> Duration {
        min(first * (1 << min(max(0, attempt - 1), 20)), longest)
    }
}
