package import MeshCore

extension Limits {
    /// Bounds on the names of actors.
    package enum Address {
        /// A longer word for a kind is refused.
        package static let maximumKindBytes = 32

        /// A longer key is refused; with kind and index prefix it still fits LMDB's 511-byte keys.
        package static let maximumKeyBytes = 256
    }

    /// Bounds on what one append may hold. Beyond them it is refused whole, with `tooLarge`.
    package enum Journal {
        /// Entries in one append: what one actor decided while its previous append was under way.
        package static let maximumEntries = 1_024

        /// Bytes of all entries of one append.
        package static let maximumAppendBytes = 4 * 1_024 * 1_024

        /// Bytes of one snapshot.
        package static let maximumSnapshotBytes = 16 * 1_024 * 1_024

        /// Entries that one read returns; the reader comes back for more.
        package static let maximumEntriesRead = 1_024

        /// Actors that one scan returns; the caller comes back for more.
        package static let maximumActorsScanned = 1_024
    }
}
