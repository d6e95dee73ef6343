internal import MeshCore

/// The sizes of a log's files; a store may be opened with others than those it was written with.
package struct LogConfiguration: Hashable, Sendable {
    /// A segment that has this many bytes of batches gets no further one; a single batch may be longer.
    package var segmentBytes = 64 * 1_024 * 1_024

    /// How far ahead of the last batch a segment is filled with zeros, so that a sync need not touch metadata.
    package var allocationStepBytes = 1_024 * 1_024

    /// What stays allocated behind the last batch for compaction alone.
    ///
    /// On a full disk an old segment of which no more than this is needed can still be dropped.
    package var reserveBytes = 256 * 1_024

    /// What may wait for the writer; see ``Limits/Store/maximumBytesWaiting``.
    package var waitingBytes = Limits.Store.maximumBytesWaiting

    /// Whether one sync may make many appends durable; false only to measure what that is worth.
    package var groupsCommits = true

    /// The usual sizes.
    package init() {}
}
