package import MeshActors
internal import MeshCore

extension LMDBIndex {
    /// Reads every value and throws unless exactly those are there that were when ``applied`` was written.
    ///
    /// For a process of its own, because the library under it may crash on a damaged file. Whether the log agrees is
    /// another question: ``StoreVerification``.
    package func check() throws(JournalError) {
        try read { transaction throws(LMDBFailure) in
            var found = IndexProgress()
            for table in [tables.actors, tables.entries, tables.wakes] {
                var last: [UInt8]?
                try transaction.scan(from: [], in: table) { key, sealed throws(LMDBFailure) in
                    _ = try IndexCodec.opened(sealed, at: key)
                    // Keys that ascend also bound the walk through pages that lead into each other.
                    if let last, !last.lexicographicallyPrecedes(key) { throw .damaged("keys that do not ascend") }
                    last = key
                    // A damaged page above the leaves leads a walk everywhere and a search astray.
                    guard try transaction.value(key, in: table) == sealed else { throw .damaged("a lost key") }
                    found.put(IndexCodec.checksum(endingIn: sealed), insteadOf: nil)
                    return true
                }
            }
            let stated = progress.withLock { $0 }
            guard found.items == stated.items, found.sum == stated.sum else {
                throw .damaged("\(stated.items) values should be there, not these \(found.items)")
            }
        }
    }
}
