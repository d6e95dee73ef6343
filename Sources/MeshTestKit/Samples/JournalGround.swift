package import MeshActors
package import MeshCore
internal import MeshWire

/// A journaled value without its actor: commands are decided one after another, and every event is kept as bytes.
package struct JournalGround<Value: Journaled & Equatable> {
    /// The value as it is.
    package private(set) var value: Value

    /// Every event, as it would stand in the journal.
    package private(set) var journal: [[UInt8]] = []

    /// What the owner's clock says.
    package var now: WallTime

    private let key: String

    /// A value that nothing has happened to.
    package init(key: String, now: WallTime = WallTime(millisecondsSince1970: 1_800_000_000_000)) {
        value = Value(key: key)
        self.key = key
        self.now = now
    }

    /// Decides `command`, sent as bytes, and takes its events in.
    @discardableResult
    package mutating func perform<C: Command>(_ command: C) throws(C.Refusal) -> C.Reply where C.Target == Value {
        guard let sent = try? C(wireBytes: command.wireBytes) else {
            preconditionFailure("a command does not survive the wire: \(C.self)")
        }
        var turn = Turn<Value>(clock: VirtualClock(wallTime: now))
        let reply = try sent.decide(value, &turn)
        for (index, event) in turn.events.enumerated() {
            let head = Head(rawValue: UInt64(journal.count - index + 1))
            value.apply(event, at: EventPosition(head: head, index: index))
            journal.append(event.wireBytes)
        }
        guard (try? C.Reply(wireBytes: reply.wireBytes))?.wireBytes == reply.wireBytes else {
            preconditionFailure("a reply does not survive the wire: \(C.self)")
        }
        return reply
    }

    /// Lets time pass.
    package mutating func pass(_ duration: Duration) {
        now = WallTime(millisecondsSince1970: now.millisecondsSince1970 + duration.wholeNanoseconds / 1_000_000)
    }

    /// Whether the snapshot, read back, is the value, byte for byte, and every event spells itself.
    package func survives() throws -> Bool {
        let events = try journal.allSatisfy { bytes in try Value.Event(wireBytes: bytes).wireBytes == bytes }
        let read = try Value(wireBytes: value.wireBytes)
        return events && read == value && read.wireBytes == value.wireBytes
    }
}
