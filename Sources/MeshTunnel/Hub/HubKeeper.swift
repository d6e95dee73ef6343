package import MeshActors
package import MeshCore
package import MeshWire

/// Answers an edge's question whether its hub lives: kind `tunnel`, one for each hub, whose key is the hub's name.
///
/// It is reached as every actor is, so that its answer says that the hub's actors answer, and not its network alone.
package actor HubKeeper: PlainActor {
    package static let kind = ActorKind("tunnel")

    package static var commands: CommandTable<HubKeeper> { .init().accepting(Probe.self) }

    private let windowMilliseconds: @Sendable () -> UInt32
    private let untilAlive: @Sendable () async -> Void
    private let clock: any Clock

    /// The keeper of a hub whose edges shall spread their return over what `windowMilliseconds` says when it is asked.
    ///
    /// It answers when `untilAlive` returns: at once where all that the hub's actors stand on still moves.
    package init(
        clock: any Clock,
        untilAlive: @escaping @Sendable () async -> Void = {},
        windowMilliseconds: @escaping @Sendable () -> UInt32
    ) {
        self.clock = clock
        self.untilAlive = untilAlive
        self.windowMilliseconds = windowMilliseconds
    }

    /// Asks whether the hub lives.
    package struct Probe: PlainCommand, Hashable {
        package typealias Target = HubKeeper
        package typealias Reply = ProbeAnswer

        package static let tag: UInt32 = 1

        /// A hub that is asked twice answers twice.
        package static var isRepeatable: Bool { true }

        /// The only one.
        package init() {}

        package func encode(into writer: inout WireWriter) { writer.writeArrayHead(count: 0) }

        package init(from reader: inout WireReader) throws(WireError) {
            try reader.endRecord(reader.beginRecord(fields: 0))
        }

        package func perform(on target: isolated HubKeeper) async throws(NoRefusal) -> ProbeAnswer {
            await target.untilAlive()
            return target.answer
        }
    }

    private var answer: ProbeAnswer {
        ProbeAnswer(
            windowMilliseconds: windowMilliseconds(),
            wallTimeMilliseconds: clock.wallTime.millisecondsSince1970
        )
    }

    /// The kind as hubs and edges are given it: it lives on the hub that its key names, and any edge may ask it.
    ///
    /// An edge is given it too, so that it can call it; there it never lives, for the edge is no hub.
    package static func hosted(
        clock: any Clock,
        untilAlive: @escaping @Sendable () async -> Void = {},
        windowMilliseconds: @escaping @Sendable () -> UInt32
    ) -> HostedKind {
        .plain(HubKeeper.self, placed: .namedByKey(roles: [.hub]), access: .edges(.any)) { _ in
            HubKeeper(clock: clock, untilAlive: untilAlive, windowMilliseconds: windowMilliseconds)
        }
    }
}

/// Probes a hub by a call to its ``HubKeeper``, whether or not the node's membership holds the hub.
///
/// The node must have been given the kind ``HubKeeper/hosted(clock:untilAlive:windowMilliseconds:)``.
package struct ActorHubProbe: HubProbe {
    private let node: ActorNode

    /// The probe of `node`'s hubs.
    package init(node: ActorNode) { self.node = node }

    /// What the hub's keeper answers; an error where it does not until `deadline`.
    package func probe(_ hub: NodeID, deadline: Instant) async throws -> ProbeAnswer {
        try await node.actor(HubKeeper.self, hub.text).call(HubKeeper.Probe(), at: hub, deadline: deadline)
    }
}
