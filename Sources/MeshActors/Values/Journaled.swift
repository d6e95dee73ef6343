internal import MeshCore
package import MeshWire

/// Durable state: a value that changes only by events.
///
/// The value itself, in wire bytes, is its snapshot. It knows no clock, no disk and no other actor; what shall happen
/// in the world it lists in ``pendingEffects``, until the event that says it has happened.
package protocol Journaled: WireCodable {
    /// One change. Events stand in the journal for ever: records grow at the end only.
    associatedtype Event: WireCodable
    /// Something to be done in the world after the commit.
    associatedtype Effect: Sendable = NoEffect

    /// The word of its kind in the journal.
    static var kind: ActorKind { get }

    /// The commands that it takes, so that other nodes can send them.
    static var commands: CommandTable<JournaledActor<Self>> { get }

    /// The value of `key` before its first event.
    init(key: String)

    /// Takes one change in; the same events in the same order give the same value, on every machine.
    mutating func apply(_ event: Event, at position: EventPosition)

    /// What is to be done and not known to be done.
    var pendingEffects: [PendingEffect<Effect>] { get }

    /// What the value shall be told, and when, though nobody calls: at least once, and again until the alarm moves.
    var nextAlarm: Alarm<Self>? { get }

    /// About how much memory the value takes, for the node's budget.
    var approximateBytes: Int { get }
}

extension Journaled {
    /// None.
    package var pendingEffects: [PendingEffect<Effect>] { [] }

    /// None.
    package var nextAlarm: Alarm<Self>? { nil }

    /// What is assumed of values that do not say.
    package var approximateBytes: Int { Limits.Hosting.assumedBytes }
}

/// Where an event stands: the head of its entry, and its number in it.
///
/// From it ids of effects are derived.
package struct EventPosition: Hashable, Sendable {
    /// The entry.
    package let head: Head

    /// Which of the entry's events, from 0.
    package let index: Int

    /// The event `index` of the entry at `head`.
    package init(head: Head, index: Int) {
        self.head = head
        self.index = index
    }
}

extension EventPosition: Comparable {
    package static func < (left: EventPosition, right: EventPosition) -> Bool {
        (left.head, left.index) < (right.head, right.index)
    }
}

extension EventPosition: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        writer.write(head.rawValue)
        writer.write(UInt64(index))
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        head = Head(rawValue: try reader.readUInt64())
        index = Int(try reader.readInteger(as: UInt32.self))
        try reader.endRecord(tail)
    }
}
