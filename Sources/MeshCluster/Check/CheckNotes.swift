package import MeshCheck
internal import MeshCore

/// What clients have seen, in the order in which they said so; bounded by ``Limits/Cluster/historyEvents``.
package final class CheckNotes: Sendable {
    private let events = Lock<[HistoryEvent]>([])

    /// Nobody has seen anything yet.
    package init() {}

    /// Notes what a client has said or heard.
    package func add(_ event: HistoryEvent) {
        events.withLock { events in
            // One more for the answer to what was noted as asked.
            if events.count < Limits.Cluster.historyEvents * 2 { events.append(event) }
        }
    }

    /// All of it.
    package var all: [HistoryEvent] { events.withLock { $0 } }

    /// Whether there is no room for more.
    package var isFull: Bool { events.withLock { $0.count } >= Limits.Cluster.historyEvents }
}
