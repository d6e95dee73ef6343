package import MeshActors
package import MeshCore

/// What a store knows of one actor without reading its journal.
package struct ActorRow: Hashable, Sendable {
    /// The highest ownership that has written anything.
    package var epoch: Epoch = .none

    /// Who holds it, unless it has been given up.
    package var owner: Owner?

    /// The head.
    package var head: Head = .none

    /// The hash over all entries up to the head, each chained to the one before.
    package var chain: SHA256Digest = .zero

    /// The head of the latest snapshot.
    package var snapshotHead: Head = .none

    /// Where that snapshot stands.
    package var snapshotPosition: LogPosition?

    /// When the actor wants to be activated.
    package var wake: WallTime?

    /// An actor that nothing was ever written of.
    package init() {}

    /// The row as a scan shows it.
    package func summary(of address: ActorAddress) -> ActorSummary {
        ActorSummary(address: address, epoch: epoch, head: head, snapshotHead: snapshotHead, wake: wake)
    }
}

/// Where an entry stands in the log.
package struct EntryPlace: Hashable, Sendable {
    /// Which entry.
    package let head: Head

    /// Where its frame stands.
    package let position: LogPosition

    /// The entry at `head` stands at `position`.
    package init(head: Head, position: LogPosition) {
        self.head = head
        self.position = position
    }
}
