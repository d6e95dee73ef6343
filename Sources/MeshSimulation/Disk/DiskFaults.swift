package import MeshCore

/// What a power cut does to writes that no sync has made safe.
package enum PowerCutFate: Hashable, Sendable, CaseIterable {
    /// All of them happened.
    case everythingKept
    /// None of them happened.
    case everythingLost
    /// Each sector of each write happened or not, whatever the order in which they were asked for.
    case torn
}

/// What a ``SimulatedDisk`` does to its caller.
package struct DiskFaults: Hashable, Sendable {
    /// Out of a thousand syncs, how many fail.
    package var failingSyncsPerThousand = 0

    /// Out of a thousand writes, how many fail for another reason than room.
    package var failingWritesPerThousand = 0

    /// A disk that does as it is told, until it is full or its power is cut.
    package init() {}
}

/// What a ``SimulatedDisk`` has been asked for and has done so far.
package struct DiskCounts: Hashable, Sendable {
    /// Writes that were done in full.
    package var writes = 0
    /// Syncs of files and of the folder that succeeded.
    package var syncs = 0
    /// Writes and syncs that were refused or failed.
    package var failures = 0
    /// Power cuts.
    package var powerCuts = 0
    /// Sectors that a power cut took away.
    package var sectorsLost = 0
    /// Bits that were turned at rest.
    package var bitsFlipped = 0
    /// Sectors at rest over which something was written that was meant for another place.
    package var sectorsOverwritten = 0
}

extension Limits {
    /// Bounds on the model of a disk.
    package enum SimulatedDisk {
        /// The bytes that a disk writes all or nothing; a torn write is torn between two of them.
        package static let sectorBytes = 512
    }
}
