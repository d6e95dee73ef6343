package import MeshCore

/// Which ownership of an actor.
///
/// Each claim makes a higher one; the store lets only the highest append.
package struct Epoch: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Before anybody has claimed.
    package static let none = Epoch(rawValue: 0)

    /// The ownership after this one.
    package var next: Epoch { Epoch(rawValue: rawValue + 1) }
}

extension Epoch: Comparable {
    package static func < (left: Epoch, right: Epoch) -> Bool { left.rawValue < right.rawValue }
}

/// How many entries an actor's journal has: the position of the last one, counted from 1.
package struct Head: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Before the first entry.
    package static let none = Head(rawValue: 0)

    /// The head `count` entries later.
    package func advanced(by count: Int) -> Head { Head(rawValue: rawValue + UInt64(count)) }
}

extension Head: Comparable {
    package static func < (left: Head, right: Head) -> Bool { left.rawValue < right.rawValue }
}

/// Names one command for ever, so that asking twice is asking once.
package typealias CommandID = UniqueID

/// A running node as owner of actors; a restarted node is another owner.
package struct Owner: Hashable, Sendable {
    /// The node.
    package let node: NodeID

    /// Which of its lives.
    package let incarnation: UInt64

    /// The life `incarnation` of `node`.
    package init(node: NodeID, incarnation: UInt64) {
        self.node = node
        self.incarnation = incarnation
    }
}

/// What one command did: the unit of the journal, and the step in which an actor's head grows.
package struct JournalEntry: Hashable, Sendable {
    /// The command.
    package let command: CommandID

    /// Its events in wire bytes, at least one, in the order in which they apply.
    package let events: [[UInt8]]

    /// Its reply in wire bytes, for whoever asks again.
    package let answer: [UInt8]

    /// The entry of `command`.
    package init(command: CommandID, events: [[UInt8]], answer: [UInt8]) {
        self.command = command
        self.events = events
        self.answer = answer
    }
}

/// An entry where it stands.
package struct PlacedEntry: Hashable, Sendable {
    /// Its position.
    package let head: Head

    /// The ownership under which it was written.
    package let epoch: Epoch

    /// When it was written, by its owner's clock; for people.
    package let wallTime: WallTime

    /// What it says.
    package let entry: JournalEntry

    /// `entry` at `head`.
    package init(head: Head, epoch: Epoch, wallTime: WallTime, entry: JournalEntry) {
        self.head = head
        self.epoch = epoch
        self.wallTime = wallTime
        self.entry = entry
    }
}

/// A request to lengthen one actor's journal, checked against its epoch and its head.
package struct JournalAppend: Hashable, Sendable {
    /// Whose journal.
    package let address: ActorAddress

    /// The ownership in whose name.
    package let epoch: Epoch

    /// The head before.
    package let head: Head

    /// When, by the owner's clock; for people.
    package let wallTime: WallTime

    /// What to add, all or nothing, at least one.
    package let entries: [JournalEntry]

    /// When the actor wants to be activated although nobody calls it; replaces what was said before, nil for never.
    package let wake: WallTime?

    /// The request to add `entries` behind `head`.
    package init(
        address: ActorAddress,
        epoch: Epoch,
        head: Head,
        wallTime: WallTime,
        entries: [JournalEntry],
        wake: WallTime?
    ) {
        self.address = address
        self.epoch = epoch
        self.head = head
        self.wallTime = wallTime
        self.entries = entries
        self.wake = wake
    }
}

/// A value at some head, so that activation need not read the journal from the beginning.
package struct Snapshot: Hashable, Sendable {
    /// The head at which the value stood.
    package let head: Head

    /// The value in wire bytes, as the runtime wrote it.
    package let bytes: [UInt8]

    /// The value `bytes` at `head`.
    package init(head: Head, bytes: [UInt8]) {
        self.head = head
        self.bytes = bytes
    }
}

/// On what condition an actor may be claimed that has an owner.
package enum Takeover: Hashable, Sendable {
    /// Only if nobody owns it, or the claimer itself does.
    case ifFree
    /// Also from the owner who holds it in this epoch: it has agreed to hand over, or is known to be dead.
    case from(Epoch)
}

/// Who owns the actor that could not be claimed: the cause of `owned`.
///
/// The claimer needs it to tell an owner who lives, and is waited for, from one who is dead.
package struct HeldElsewhere: Error, Hashable {
    /// The present owner.
    package let owner: Owner

    /// Its ownership, for ``Takeover/from(_:)``.
    package let epoch: Epoch

    /// Held by `owner` in `epoch`.
    package init(owner: Owner, epoch: Epoch) {
        self.owner = owner
        self.epoch = epoch
    }
}

/// An ownership, and where the journal stands.
package struct Claim: Hashable, Sendable {
    /// The new ownership.
    package let epoch: Epoch

    /// The journal's head; entries behind the snapshot's are still to be read.
    package let head: Head

    /// The latest snapshot, if there is one.
    package let snapshot: Snapshot?

    /// The ownership `epoch`.
    package init(epoch: Epoch, head: Head, snapshot: Snapshot?) {
        self.epoch = epoch
        self.head = head
        self.snapshot = snapshot
    }
}

/// One actor as a scan shows it.
package struct ActorSummary: Hashable, Sendable {
    /// Which.
    package let address: ActorAddress

    /// Its highest epoch so far.
    package let epoch: Epoch

    /// Its head.
    package let head: Head

    /// The head of its latest snapshot; ``Head/none`` without one.
    package let snapshotHead: Head

    /// When it wants to be activated.
    package let wake: WallTime?

    /// The row of `address`.
    package init(address: ActorAddress, epoch: Epoch, head: Head, snapshotHead: Head, wake: WallTime?) {
        self.address = address
        self.epoch = epoch
        self.head = head
        self.snapshotHead = snapshotHead
        self.wake = wake
    }
}

/// A place in the order in which actors want to be woken.
package struct WakeMark: Hashable, Sendable, Comparable {
    /// When.
    package let wallTime: WallTime

    /// Who; of two at the same time the one whose address comes first.
    package let address: ActorAddress

    /// The place of `address` at `wallTime`.
    package init(_ wallTime: WallTime, _ address: ActorAddress) {
        self.wallTime = wallTime
        self.address = address
    }

    package static func < (left: WakeMark, right: WakeMark) -> Bool {
        left.wallTime == right.wallTime ? left.address < right.address : left.wallTime < right.wallTime
    }
}

extension ActorSummary {
    /// Its place among those that want to be woken, if it is one.
    package var wakeMark: WakeMark? { wake.map { WakeMark($0, address) } }
}
