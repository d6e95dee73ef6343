package import MeshActors
internal import MeshCore
internal import MeshWire

/// What stands in an account's journal, event by event.
package enum LedgerHistory {
    /// The events of `entry`, each with its place.
    package static func events(
        of entry: PlacedEntry
    ) throws(LedgerError) -> [(event: Ledger.Event, position: EventPosition)] {
        var events: [(Ledger.Event, EventPosition)] = []
        for (index, bytes) in entry.entry.events.enumerated() {
            do throws(WireError) {
                let event = try Ledger.Event(wireBytes: bytes)
                events.append((event, EventPosition(head: entry.head, index: index)))
            } catch {
                let place = "event \(index) of entry \(entry.head.rawValue)"
                throw LedgerError(.unreadableEvent, "\(place) cannot be read", cause: error)
            }
        }
        return events
    }
}
