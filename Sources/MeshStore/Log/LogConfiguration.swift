/// The sizes of a log's files; a store may be opened with others than those it was written with.
package struct LogConfiguration: Hashable, Sendable {
    /// A segment that has this many bytes of batches gets no further one; a single batch may be longer.
    package var segmentBytes = 64 * 1_024 * 1_024

    /// How far ahead of the last batch a segment is filled with zeros, so that a sync need not touch metadata.
    package var allocationStepBytes = 1_024 * 1_024

    /// Whether one sync may make many appends durable; false only to measure what that is worth.
    package var groupsCommits = true

    /// The usual sizes.
    package init() {}
}
