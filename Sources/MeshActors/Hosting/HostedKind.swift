internal import MeshCore

/// A kind of actor that a node can host: part of what a node is given in `init`.
package struct HostedKind: Sendable {
    let kind: ActorKind
    let residentType: ObjectIdentifier
    let access: AccessRule
    let makeHost: @Sendable (NodeCore, ActorNodeConfiguration) -> any AnyActorHost

    /// Journaled actors without effects.
    package static func journaled<Value: Journaled>(
        _ type: Value.Type,
        placed rule: PlacementRule = .anywhere,
        access: AccessRule = .hubs
    ) -> HostedKind where Value.Effect == NoEffect {
        journaled(type, EffectHandler(), rule, access)
    }

    /// Journaled actors whose effects `performer` carries out.
    package static func journaled<Value: Journaled, Performer: EffectPerformer>(
        _ type: Value.Type,
        performer: Performer,
        placed rule: PlacementRule = .anywhere,
        access: AccessRule = .hubs
    ) -> HostedKind where Performer.Target == Value {
        journaled(type, EffectHandler(performer), rule, access)
    }

    private static func journaled<Value: Journaled>(
        _ type: Value.Type,
        _ handler: EffectHandler<Value>,
        _ rule: PlacementRule,
        _ access: AccessRule
    ) -> HostedKind {
        let type = ObjectIdentifier(JournaledActor<Value>.self)
        return HostedKind(kind: Value.kind, residentType: type, access: access) { core, settings in
            let residency = Residency.journaled(core, rule, handler)
            return ActorHost(Value.kind, core, Value.commands, rule, settings, residency)
        }
    }

    /// Plain actors, each made by `make` when it is first called.
    package static func plain<Plain: PlainActor>(
        _ type: Plain.Type,
        placed rule: PlacementRule = .anywhere,
        access: AccessRule = .hubs,
        make: @escaping @Sendable (ActorAddress) -> Plain
    ) -> HostedKind {
        HostedKind(kind: Plain.kind, residentType: ObjectIdentifier(type), access: access) { core, settings in
            let residency = Residency.plain(make)
            return ActorHost(Plain.kind, core, Plain.commands, rule, settings, residency)
        }
    }
}

/// How a node treats its residents.
package struct ActorNodeConfiguration: Hashable, Sendable {
    /// How long a resident stays without a call.
    package var idleTime = Duration.seconds(300)

    /// How often residents are looked through for those that may leave; 16 times as often when memory runs short.
    package var sweepInterval = Duration.seconds(1)

    /// What all residents, as they report it, and the store, as it reports it, may take together, in bytes.
    ///
    /// The program itself comes on top: its code and the threads' stacks, some ten megabytes.
    package var memoryBudget = 256 * 1_024 * 1_024

    /// Calls that one actor may have at a time; further ones are refused with `overloaded`.
    package var mailbox = Limits.Hosting.mailbox

    /// Residents of one kind; the call that would bring another is refused with `overloaded`.
    package var maximumResidents = Limits.Hosting.maximumResidentsPerKind

    /// How often the journal is asked for actors whose time has come: an alarm is late by as much.
    package var wakeInterval = Duration.seconds(1)

    /// The defaults above.
    package init() {}
}
