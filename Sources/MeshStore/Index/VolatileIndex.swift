package import MeshActors
package import MeshCore

/// An index in memory, filled from the log whenever a store is opened; for simulation, tests and small stores.
package final class VolatileIndex: LogIndex {
    private let state = Lock(State())

    private let keepsTrims: Bool

    /// An index of nothing.
    package init() { keepsTrims = false }

    /// An index of nothing, whose ``contents`` will be handed to another one.
    init(keepingTrims: Bool) { keepsTrims = keepingTrims }

    /// Up to where the log is contained.
    package var applied: LogCursor? { state.withLock { $0.cursor } }

    /// The newest row of `address`.
    package func row(of address: ActorAddress) throws(JournalError) -> ActorRow? { state.withLock { $0.rows[address] } }

    /// Where the entries behind `head` stand.
    package func places(
        of address: ActorAddress,
        after head: Head,
        limit: Int
    ) throws(JournalError) -> [EntryPlace] {
        state.withLock { state in
            state.places[address]?.inOrder(after: head, limit: limit) ?? []
        }
    }

    /// The rows behind `address`, in order.
    package func rows(
        after address: ActorAddress?,
        limit: Int
    ) throws(JournalError) -> [(address: ActorAddress, row: ActorRow)] {
        state.withLock { state in
            let later = state.rows.filter { row in address.map { row.key > $0 } ?? true }
            return later.sorted { $0.key < $1.key }.prefix(limit).map { ($0.key, $0.value) }
        }
    }

    /// The rows that are due, earliest first.
    package func rowsToWake(
        until wallTime: WallTime,
        after mark: WakeMark?,
        limit: Int
    ) throws(JournalError) -> [(address: ActorAddress, row: ActorRow)] {
        state.withLock { state in
            let due = state.rows.compactMap { address, row in
                row.wake.map { (mark: WakeMark($0, address), row: row) }
            }
            .filter { due in due.mark.wallTime <= wallTime && (mark.map { due.mark > $0 } ?? true) }
            return due.sorted { $0.mark < $1.mark }.prefix(limit).map { ($0.mark.address, $0.row) }
        }
    }

    /// Takes in what the log has gained.
    package func apply(_ changes: IndexChanges) throws(JournalError) {
        state.withLock { state in
            for (address, row) in changes.rows { state.rows[address] = row }
            for (address, place) in changes.entries { state.places[address, default: PlaceList()].note(place) }
            for (address, head) in changes.trims { state.places[address]?.trim(through: head) }
            state.trims += keepsTrims ? changes.trims : []
            state.cursor = changes.cursor
        }
    }

    /// How many rows it has.
    var rowCount: Int { state.withLock { $0.rows.count } }

    /// Everything in it, each row once and each actor's entries together.
    var contents: IndexChanges {
        state.withLock { state in
            var changes = IndexChanges()
            changes.rows = state.rows.map { ($0.key, $0.value) }
            for address in state.places.keys {
                let places = state.places[address]?.inOrder(after: .none, limit: .max) ?? []
                changes.entries += places.map { (address, $0) }
            }
            changes.trims = state.trims
            changes.cursor = state.cursor ?? .start
            return changes
        }
    }

    /// Forgets everything.
    package func removeAll() throws(JournalError) { state.withLock { $0 = State() } }

    /// Ends the use of it.
    package func close() {}

    private struct State {
        var cursor: LogCursor?
        var rows: [ActorAddress: ActorRow] = [:]
        var places: [ActorAddress: PlaceList] = [:]
        var trims: [(address: ActorAddress, head: Head)] = []
    }
}
