package import MeshActors
package import MeshCore

/// Whether a store takes what it is given.
package enum StoreCondition: String, CaseIterable, Hashable, Sendable {
    /// It does.
    case serving
    /// It has no room, and will take appends again once it has; reads are served.
    case readOnly = "read_only"
    /// Its disk or its index has failed; nothing but opening it anew will help.
    case failed
}

/// What a store has done, and how it stands.
package struct StoreStatistics: Sendable {
    /// Whether it takes appends.
    package var condition = StoreCondition.serving
    /// Records that became durable together, for each batch.
    package var batchRecords = Distribution(over: .count)
    /// Bytes that became durable together, for each batch.
    package var batchBytes = Distribution(over: .bytes)
    /// How long the disk took to make safe what was written to a segment.
    package var syncTimes = Distribution(over: .work)
    /// Batches that were not written because there was no room.
    package var refusedCommits = UInt64(0)
    /// Batches of which nobody knows whether they are safe.
    package var failedCommits = UInt64(0)
    /// Segments that were dropped because little of them was needed.
    package var segmentsDropped = UInt64(0)
    /// Where the log ends for whoever has nothing but the anchor.
    package var anchored = LogPosition.start
    /// Where the log ends.
    package var end = LogPosition.start
    /// Where the log begins.
    package var first = LogPosition.start

    /// Segments of the log.
    package var segments = 0
    /// Requests that wait for the writer.
    package var requestsWaiting = 0
    /// Bytes of appends that wait for the writer.
    package var bytesWaiting = 0
    /// Memory that index and buffers take.
    package var memoryBytes = 0
    /// How often the store has been opened.
    package var generation = UInt64(0)
    /// Why old segments are not dropped, if they are not.
    package var compactionFailure: JournalError?
    /// Why the index does not follow the log, if it does not.
    package var indexFailure: JournalError?

    /// Nothing yet.
    package init() {}
}

/// Where a log notes what it does, for whoever asks, from any thread.
final class StoreLedger: Sendable {
    private let state = Lock(StoreStatistics())

    /// What has been noted so far.
    var current: StoreStatistics { state.withLock { $0 } }

    /// Whether the store takes appends.
    var condition: StoreCondition { state.withLock { $0.condition } }

    func note(_ change: (inout StoreStatistics) -> Void) { state.withLock { change(&$0) } }
}
