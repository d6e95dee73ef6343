package import MeshActors
internal import MeshCore

/// How a log is kept: the sizes of its files, with others of which it may be opened another time, and what is never
/// dropped of it.
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

    /// Kinds of actors of which every entry is kept, those before a snapshot too.
    ///
    /// Compaction writes them again like anything else that is needed. A store is opened with the same kinds each
    /// time: what was dropped without one of them is gone.
    package var keepsHistoryOf: Set<ActorKind> = []

    /// The usual sizes, and nothing kept that a snapshot stands for.
    package init() {}
}
