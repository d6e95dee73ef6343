package import MeshActors
package import MeshCore

/// One thing that an observer outside of all nodes sees.
package enum HistoryEvent: Sendable {
    /// The store made somebody an owner.
    case claimed(ActorAddress, Epoch, Owner)
    /// The store made an append durable, or believes so.
    case committed(JournalAppend)
    /// The store sets out to make an append durable.
    case attempted(JournalAppend)
    /// The store says that an append it set out with has not happened and will not.
    case denied(JournalAppend)
    /// An append of which nobody knew what had become of it was found when a store was opened anew.
    case surfaced(JournalAppend)
    /// The store took a snapshot.
    case snapshotSaved(ActorAddress, Snapshot)
    /// The store told an owner what it has of an actor, or a part of it.
    case handedOut(ActorAddress, snapshot: Snapshot?, entries: [PlacedEntry])
    /// A client asked for something.
    case issued(CommandID, ActorAddress, Ask)
    /// A client got an answer; it left a node.
    case answered(CommandID, ActorAddress, Answer)
    /// A client does not know what became of its command; the word says why.
    case unknown(CommandID, ActorAddress, String)
    /// The outside world was asked for a payment, under a key that shall be the same for every try.
    case effectAsked(ActorAddress, key: String, amount: Int64)
    /// A store has been opened anew, or read at the end: what it has of one actor.
    case found(ActorAddress, entries: [PlacedEntry], snapshotHead: Head, head: Head)

    /// The append that is durable since this event.
    package var durable: JournalAppend? {
        switch self {
        case .committed(let append), .surfaced(let append): append
        default: nil
        }
    }

    /// What a client asks an account for.
    package enum Ask: Hashable, Sendable {
        case deposit(Int64)
        case withdraw(Int64)
        /// Withdraw, and pay out in the world.
        case send(Int64)
        /// Ring at so many milliseconds since 1970.
        case alarm(Int64)
        case balance
    }

    /// What a client is told.
    package enum Answer: Hashable, Sendable {
        /// Done, and what is in the account since.
        case done(Int64)
        /// Not done: there was less than this.
        case refused(Int64)
        /// What is in the account.
        case balance(Int64)
    }
}

/// A promise that was broken.
package struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
    /// The checker that saw it.
    package let checker: String

    /// What it saw.
    package let message: String

    /// `message`, seen by `checker`.
    package init(_ checker: String, _ message: String) {
        self.checker = checker
        self.message = message
    }

    /// `single-writer: account/3 has two entries at 7`.
    package var description: String { "\(checker): \(message)" }
}

/// Watches everything that happens and says which promise was broken, at the moment at which it is.
package protocol Checker: Sendable {
    /// The word in reports.
    static var name: String { get }

    /// Takes `event` in; throws what it breaks.
    mutating func observe(_ event: HistoryEvent) throws(Violation)
}

extension Checker {
    /// What it says when `message` is broken.
    package func violation(_ message: String) -> Violation { Violation(Self.name, message) }
}

extension CommandID {
    /// Enough of it to tell commands apart.
    package var tail: String { String(description.suffix(6)) }
}
