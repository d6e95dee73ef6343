internal import MeshCore

/// A performer without its type: does one effect and tells the actor of the result.
struct EffectHandler<Value: Journaled>: Sendable {
    let carryOut: @Sendable (PendingEffect<Value.Effect>, EffectContext, JournaledActor<Value>) async throws -> Void

    init<Performer: EffectPerformer>(_ performer: Performer) where Performer.Target == Value {
        carryOut = { pending, context, actor in
            let completion = try await performer.perform(pending.effect, context)
            let position = pending.position
            let id = CommandID(derivedFrom: position.head, index: position.index, .effectCompletion)
            try await actor.complete(completion, id: id)
        }
    }

    /// The handler of values that cannot have an effect.
    init() where Value.Effect == NoEffect { carryOut = { _, _, _ in } }
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
