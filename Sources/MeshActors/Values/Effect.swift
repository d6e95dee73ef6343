internal import MeshCore

/// Something to be done in the world, by the position of the event that asked for it.
package struct PendingEffect<Effect: Sendable>: Sendable {
    /// The event that asked for it.
    package let position: EventPosition

    /// What to do.
    package let effect: Effect

    /// `effect`, asked for by the event at `position`.
    package init(at position: EventPosition, _ effect: Effect) {
        self.position = position
        self.effect = effect
    }
}

/// The effect of a value that has none.
package enum NoEffect: Hashable, Sendable {}

/// Under what circumstances an effect is performed.
package struct EffectContext: Hashable, Sendable {
    /// The actor that asked for it.
    package let address: ActorAddress

    /// The event that asked for it.
    package let position: EventPosition

    /// Which try this is in this activation, from 1.
    package let attempt: Int

    /// A try at the effect of the event at `position`.
    package init(address: ActorAddress, position: EventPosition, attempt: Int) {
        self.address = address
        self.position = position
        self.attempt = attempt
    }

    /// The same for every try, in every life: by it the other side recognises a repetition.
    ///
    /// `ledger/acct-1/7/0`.
    package var idempotencyKey: String {
        #if PLANTED_BUGS
        if PlantedBug.effectKeyPerTry.isOn { return "\(address)/\(position.head.rawValue)/\(attempt)" }
        #endif
        return "\(address)/\(position.head.rawValue)/\(position.index)"
    }
}

/// Does in the world what values of one kind ask for.
///
/// An effect is begun after the commit of its event, at least once, and again after a crash or an error, until the
/// completion has been journaled. It is cancelled when the actor leaves the node, which waits for it to end; one that
/// succeeds all the same is completed. A failure that is final is a
/// completion too: throw only what another try may mend. A completion that is refused, too large or leaves the effect
/// pending is final: it is reported, and the effect is not performed again before the next activation.
package protocol EffectPerformer<Target>: Sendable {
    /// The values whose effects these are.
    associatedtype Target: Journaled
    /// How the result is told to the value.
    associatedtype Completion: Command where Completion.Target == Target

    /// Does `effect` and returns the command that tells the value of it.
    func perform(_ effect: Target.Effect, _ context: EffectContext) async throws -> Completion
}

extension UniqueID {
    /// The id of a command that the runtime derives from a place in an actor's journal.
    ///
    /// Byte 8 has the variant bits that RFC 9562 §4.1 keeps for the future, so that it is nobody's drawn id.
    init(derivedFrom head: Head, index: Int, _ purpose: DerivedPurpose) {
        var bytes = (0..<8).map { UInt8(truncatingIfNeeded: head.rawValue >> (56 - 8 * $0)) }
        bytes += [0xFF, purpose.rawValue]
        bytes += (0..<6).map { UInt8(truncatingIfNeeded: index >> (40 - 8 * $0)) }
        guard let id = UniqueID(bytes: bytes) else { preconditionFailure("sixteen bytes are an id") }
        self = id
    }

    /// Whether it is one of those that the runtime derives: nobody else may use them.
    ///
    /// A command sent under the id of a completion to come would be taken for that completion for as long as it is
    /// remembered, and what has been done in the world would be done again.
    var isDerived: Bool { low >> 56 == 0xFF }

    /// Whether it is derived for the completion of an effect.
    var isCompletion: Bool { low >> 48 == 0xFF00 | UInt64(DerivedPurpose.effectCompletion.rawValue) }
}

/// What a derived id is for.
enum DerivedPurpose: UInt8 {
    case effectCompletion = 1
    case alarm = 2
}
