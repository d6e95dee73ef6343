package import MeshCore
package import MeshWire

/// A message to an actor, by a number that never changes.
package protocol ActorCommand: WireCodable {
    /// What comes back.
    associatedtype Reply: WireCodable
    /// How the actor says no; a refusal has no effect and is not remembered.
    ///
    /// So a try that is under way may still be carried out after a later one was refused; see ``OpenCommand/id``.
    associatedtype Refusal: WireCodable & Error = NoRefusal

    /// The Swift actor that takes it.
    associatedtype Resident: Actor

    /// The command's number, unique in its kind, from 1.
    static var tag: UInt32 { get }

    /// Whether sending it again with the same id is one effect, so that a lost reply may be asked for again.
    static var isRepeatable: Bool { get }

    /// Has `resident` carry it out.
    func deliver(to resident: Resident, id: CommandID?) async throws(CallFailure<Refusal>) -> Reply
}

/// A command to a journaled value: a synchronous decision, which nothing can interrupt.
///
/// A command that emits no event is a query: it is answered and leaves no trace.
package protocol Command<Target>: ActorCommand where Resident == JournaledActor<Target> {
    /// The value it is for.
    associatedtype Target: Journaled

    /// Decides on `state` and says through `turn` what changes.
    func decide(_ state: Target, _ turn: inout Turn<Target>) throws(Refusal) -> Reply
}

extension Command {
    /// The journal knows each command's id.
    package static var isRepeatable: Bool { true }

    /// Decides it there and waits for the commit.
    package func deliver(
        to resident: JournaledActor<Target>,
        id: CommandID?
    ) async throws(CallFailure<Refusal>) -> Reply {
        try await resident.perform(self, id: id)
    }
}

/// A command to a plain actor, which may wait for others while it carries it out.
package protocol PlainCommand<Target>: ActorCommand where Resident == Target {
    /// The actor it is for.
    associatedtype Target: PlainActor

    /// Carries it out in the actor's isolation.
    func perform(on target: isolated Target) async throws(Refusal) -> Reply
}

extension PlainCommand {
    /// Nothing keeps its id.
    package static var isRepeatable: Bool { false }

    /// Carries it out there.
    package func deliver(to resident: Target, id: CommandID?) async throws(CallFailure<Refusal>) -> Reply {
        do throws(Refusal) {
            return try await perform(on: resident)
        } catch {
            throw .refused(error)
        }
    }
}

/// An actor without durable state, which drives one state machine and is reached like the journaled ones.
package protocol PlainActor: Actor {
    /// The word of its kind on the wire.
    static var kind: ActorKind { get }

    /// The commands that it takes, so that other nodes can send them.
    static var commands: CommandTable<Self> { get }

    /// What it does besides answering; cancelled when it leaves the node, and waited for.
    func run() async
}

extension PlainActor {
    /// Does nothing besides answering.
    package func run() async {}
}

/// The circumstances of one decision, and the events that come of it.
package struct Turn<Target: Journaled> {
    private let clock: any Clock
    private var readTime: WallTime?

    /// What has been emitted so far.
    package private(set) var events: [Target.Event] = []

    /// Whether nothing has been emitted; asking the array would ask for its metadata.
    private(set) var isEmpty = true

    /// A decision by `clock`.
    package init(clock: any Clock) { self.clock = clock }

    /// The time by the owner's clock: the same however often it is asked for in a turn, and not read unless it is.
    package var wallTime: WallTime {
        mutating get {
            let time = readTime ?? clock.wallTime
            readTime = time
            return time
        }
    }

    /// Adds a change; it counts once the decision returns, and not at all if it throws.
    package mutating func emit(_ event: Target.Event) {
        events.append(event)
        isEmpty = false
    }
}

/// The refusal of a command that is never refused.
package enum NoRefusal: Error, Hashable {}

extension NoRefusal: WireCodable {
    package func encode(into writer: inout WireWriter) {}

    package init(from reader: inout WireReader) throws(WireError) {
        throw WireError(.invalidValue, "this command knows no refusal")
    }
}

/// A reply without content.
package struct Done: WireCodable, Hashable {
    /// The only one.
    package init() {}

    package func encode(into writer: inout WireWriter) { writer.writeArrayHead(count: 0) }

    package init(from reader: inout WireReader) throws(WireError) {
        try reader.endRecord(reader.beginRecord(fields: 0))
    }
}
