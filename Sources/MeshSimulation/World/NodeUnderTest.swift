package import MeshActors
package import MeshCheck
package import MeshCore
package import MeshTestKit

/// One life of a node as the world drives it: the seam between the world and the runtime that ships.
package protocol NodeUnderTest: Sendable {
    /// Serves until the task is cancelled.
    func run() async

    /// Hands its actors over and takes no new ones.
    func drain() async

    /// Asks the account `key`, under the name `command` where it is given.
    func call(_ key: String, _ ask: HistoryEvent.Ask, as command: CommandID, deadline: Instant) async -> CallOutcome
}

/// What a call came to, as its caller knows it.
package enum CallOutcome: Hashable, Sendable {
    /// It was answered.
    case answered(HistoryEvent.Answer)
    /// It was not done, or nobody knows; the word says why.
    case open(String)
}

/// What one life of a node is given in place of the real world.
package struct NodePorts: Sendable {
    /// Its name.
    package let id: NodeID

    /// Which of its lives this is, from 1.
    package let incarnation: UInt64

    /// Its store; nil for a node that owns nothing.
    package let journal: (any Journal)?

    /// Its way to the others.
    package let transport: any Transport

    /// Its clock.
    package let clock: NodeClock

    /// Its randomness.
    package let generator: SeededGenerator

    /// Who tells it who belongs to the mesh.
    package let office: MembershipOffice

    /// Where to note what it would tell its operators.
    package let trace: Trace

    /// Where its payments go.
    package let outside: OutsideWorld

    /// How long an actor stays whom nobody calls.
    package let idleTime: Duration

    /// The way in and out of this life.
    package let gate: NodeGate
}

/// Makes the node of one life.
package typealias NodeMaker = @Sendable (NodePorts) async throws -> any NodeUnderTest
