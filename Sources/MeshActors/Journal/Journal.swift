package import MeshCore

/// What a store may say no with.
package enum JournalErrorCode: String, ErrorCode {
    package static let domain = "journal"

    /// Somebody has claimed the actor since: this owner must let go of it.
    case fenced
    /// The head is not where the owner believes; under a valid epoch that is a fault of the owner.
    case staleHead
    /// Somebody else owns the actor; the error's cause is ``HeldElsewhere``.
    case owned
    /// No room on the disk or in the map; reading goes on, appending comes back when there is room.
    case readOnly
    /// Too much waits; nothing happened, and asking again soon is right.
    case overloaded
    /// The disk failed: reading goes on, appending comes back when the store is opened anew.
    case failed
    /// A record does not check; the message names it.
    case corrupt
    /// An append or a snapshot beyond its bound.
    case tooLarge
    /// The store could not be asked, or did not answer; the append may or may not have happened.
    case unknownOutcome
    /// The store has been closed.
    case closed
}

/// An error of a store.
package typealias JournalError = MeshError<JournalErrorCode>

/// The port to durable storage: one fenced journal per actor.
///
/// See docs/decisions/0008-store.md.
///
/// Contract, which `JournalConformance` in `MeshTestKit` holds every implementation to:
/// - **Durable.** When ``append(_:)`` returns, its entries survive the death of the process and a power cut.
/// - **Fenced.** An append counts only if its epoch is the actor's highest and its head is the actor's head; otherwise
///   nothing of it happens. No clock and no lease is needed for that.
/// - **Atomic.** All entries of an append or none.
/// - **Ordered.** Entries are read in the order of their heads, without gaps, and never change.
/// - After `unknownOutcome` the caller claims anew and looks; entries carry their command's id for that purpose.
/// - Calls for different actors may run at the same time; an implementation may commit many together.
/// - Cancelling the calling task does not undo an append.
package protocol Journal: Sendable {
    /// Makes `owner` the owner of `address` in a new, higher epoch, or throws `owned` with ``HeldElsewhere`` as cause.
    func claim(
        _ address: ActorAddress,
        for owner: Owner,
        _ takeover: Takeover
    ) async throws(JournalError) -> Claim

    /// Gives the actor up, so that the next claim finds it free; without effect when `epoch` is no longer the highest.
    func release(_ address: ActorAddress, _ epoch: Epoch) async throws(JournalError)

    /// Adds entries behind the head and returns when they are durable.
    func append(_ append: JournalAppend) async throws(JournalError)

    /// The entries behind `head`, oldest first, at most ``Limits/Journal/maximumEntriesRead``; empty at the end.
    ///
    /// Entries at or before the latest snapshot may be gone.
    func entries(of address: ActorAddress, after head: Head) async throws(JournalError) -> [PlacedEntry]

    /// Keeps `snapshot` in place of earlier ones; entries up to its head may be dropped later. Fenced like an append.
    ///
    /// One that stands at an earlier head than what is kept changes nothing.
    func save(_ snapshot: Snapshot, of address: ActorAddress, _ epoch: Epoch) async throws(JournalError)

    /// The actors behind `address` in their order, at most ``Limits/Journal/maximumActorsScanned``; empty at the end.
    func actors(after address: ActorAddress?) async throws(JournalError) -> [ActorSummary]

    /// The actors behind `mark` that want to be activated at `wallTime` or before, in the order of their marks.
    ///
    /// At most ``Limits/Journal/maximumActorsScanned``; empty at the end.
    func actorsToWake(until wallTime: WallTime, after mark: WakeMark?) async throws(JournalError) -> [ActorSummary]

    /// Bytes of this process's memory that the store takes for itself: they are not there for actors.
    var memoryInUse: Int { get }
}

extension Journal {
    /// Nothing worth counting.
    package var memoryInUse: Int { 0 }

    /// The first of the actors that want to be activated at `wallTime` or before.
    package func actorsToWake(until wallTime: WallTime) async throws(JournalError) -> [ActorSummary] {
        try await actorsToWake(until: wallTime, after: nil)
    }
}
