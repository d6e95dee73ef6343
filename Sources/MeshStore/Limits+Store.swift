internal import MeshActors
package import MeshCore

extension Limits {
    /// Bounds on the files of a store and on what waits for them.
    package enum Store {
        /// One record's body: a snapshot at its bound, or an append's entries, with address and framing.
        ///
        /// A longer one is refused with `tooLarge` when written, and is corrupt when read.
        package static let maximumRecordBytes = Journal.maximumSnapshotBytes + 64 * 1_024

        /// The records of one batch, which one sync makes durable; what does not fit waits for the next.
        package static let maximumBatchBytes = maximumRecordBytes + 8 * 1_024 * 1_024

        /// Events of one entry; an append with more is refused with `tooLarge`, as by every store.
        package static let maximumEventsInEntry = Journal.maximumEventsInEntry

        /// Requests that wait for the writer.
        ///
        /// The next append or snapshot waits before the queue; any other request is refused with `overloaded`.
        package static let maximumRequestsWaiting = 65_536

        /// Bytes of the appends and snapshots that wait for the writer; the one that passes this bound still goes in.
        ///
        /// The next one waits as above.
        package static let maximumBytesWaiting = 64 * 1_024 * 1_024

        /// Bytes of entries that one read returns, the entry that passes this bound included.
        ///
        /// What lies behind is for the next read.
        package static let maximumBytesRead = 4 * 1_024 * 1_024

        /// Reads that wait for one thread of those that read.
        ///
        /// The next one is refused with `overloaded`.
        package static let maximumReadsWaiting = 65_536

        /// Changes that wait for the index.
        ///
        /// Beyond them the writer waits for it; where the index does not take them, as on a full disk, appends are
        /// refused with `readOnly` until it does.
        package static let maximumChangesWaiting = 250_000

        /// Seconds of its own work that checking an index in a process of its own may take, however small the index is.
        ///
        /// Beyond them, and one for every ``indexCheckBytesPerSecond``, it counts as damaged and is made again.
        package static let indexCheckSeconds: UInt32 = 5

        /// Bytes of an index that a second more is allowed for.
        package static let indexCheckBytesPerSecond = 4 * 1_024 * 1_024
    }
}
