package import MeshActors
package import MeshCore

/// What some batches of the log change in an index.
package struct IndexChanges: Sendable {
    /// Actors whose rows are new; where one stands twice, the later row counts.
    package var rows: [(address: ActorAddress, row: ActorRow)] = []

    /// New places of entries, in each actor's order where they are new entries.
    package var entries: [(address: ActorAddress, place: EntryPlace)] = []

    /// Actors whose entries up to a head are of no use any more.
    package var trims: [(address: ActorAddress, head: Head)] = []

    /// Up to where the log is contained, these changes included.
    package var cursor = LogCursor.start

    /// No changes.
    package init() {}

    /// How many pages a tree on a disk about has to write for them: an actor's row and its places lie anywhere.
    var roughPages: Int { Self.roughPages(rows: rows.count, entries: entries.count) }

    static func roughPages(rows: Int, entries: Int) -> Int { 2 * rows + entries / 256 }
}

/// The port to what can be derived from the log and is kept to find things quickly.
///
/// Contract, which the store's tests hold every implementation to:
/// - It follows the log: ``apply(_:)`` is called in the log's order, after the log has been synced. An index may forget
///   what it applied last, but then all of it, ``applied`` included; the log is played to it again.
/// - It is never the only place of anything: ``removeAll()`` and playing the log from its start restore it.
/// - Read from many threads, changed from one at a time. A read sees every change that was applied before it began.
package protocol LogIndex: AnyObject, Sendable {
    /// Up to where the log is contained; nil while it holds nothing.
    var applied: LogCursor? { get }

    /// The row of `address`, if anything was ever written of it.
    func row(of address: ActorAddress) throws(JournalError) -> ActorRow?

    /// Where the entries behind `head` stand, in their order, at most `limit`.
    func places(of address: ActorAddress, after head: Head, limit: Int) throws(JournalError) -> [EntryPlace]

    /// The rows behind `address` in the order of addresses, at most `limit`.
    func rows(after address: ActorAddress?, limit: Int) throws(JournalError) -> [(address: ActorAddress, row: ActorRow)]

    /// The rows behind `mark` that want to wake at `wallTime` or before, in the order of their marks, at most `limit`.
    func rowsToWake(until wallTime: WallTime, after mark: WakeMark?, limit: Int) throws(JournalError) -> [(
        address: ActorAddress, row: ActorRow
    )]

    /// Takes in what the log has gained.
    func apply(_ changes: IndexChanges) throws(JournalError)

    /// Throws `readOnly` where nothing more should be written to the log, because too much waits for this index.
    func checkRoom() throws(JournalError)

    /// Why it does not follow the log, if it does not.
    var failure: JournalError? { get }

    /// Takes in a large part of what the log has gained, when nobody reads but whoever calls.
    ///
    /// May return before it is in; then the caller must remember its rows until the next call returns.
    func applyLarge(_ changes: IndexChanges) throws(JournalError)

    /// Bytes of memory that it has in use, those of its file that count as the process's included.
    var memoryInUse: Int { get }

    /// Forgets everything, to be filled from the log again.
    func removeAll() throws(JournalError)

    /// Returns when everything applied is as safe as the index makes it; afterwards it is used no more.
    func close()
}

extension LogIndex {
    /// There always is.
    package func checkRoom() throws(JournalError) {}

    /// It follows at once, or throws.
    package var failure: JournalError? { nil }

    /// In at once.
    package func applyLarge(_ changes: IndexChanges) throws(JournalError) { try apply(changes) }

    /// Not counted where it is for tests and simulation.
    package var memoryInUse: Int { 0 }
}
