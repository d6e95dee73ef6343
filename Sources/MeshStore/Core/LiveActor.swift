internal import MeshActors

/// An actor that somebody owns, or of which something is about to be written.
final class LiveActor {
    let address: ActorAddress

    /// What will be durable once the present batch is.
    var row: ActorRow

    /// The highest ownership handed out; above the row's until its owner writes something.
    var epoch: Epoch

    /// Who holds it.
    var owner: Owner?

    /// Whether the log says who holds it in this epoch.
    var isOwnershipWritten: Bool

    /// Whether somebody has claimed it since the store was opened; otherwise it leaves memory with its batch.
    var isClaimed = false

    /// Whether the present batch changes it.
    var isStaged = false

    init(_ address: ActorAddress, _ row: ActorRow) {
        self.address = address
        self.row = row
        epoch = row.epoch
        owner = row.owner
        isOwnershipWritten = true
    }
}
