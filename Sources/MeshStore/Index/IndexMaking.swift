package import MeshActors
internal import MeshCore

/// Makes an index from a log, for a process of its own.
package enum IndexMaking {
    /// Plays the log on `disk`, which is not changed, to the empty `index`, and returns when that has all of it.
    ///
    /// It goes as far as the anchor remembers. What stands behind that may not be safe before whoever opens the store
    /// has written it again, and an index must never be ahead of its log.
    package static func play(_ disk: any Disk, to index: any LogIndex) throws(JournalError) {
        let log = try LogOpening(on: ReadOnlyDisk(disk), LogConfiguration(), mayChange: false)
        let replay = IndexReplay(to: index, isTruncated: log.anchor.first > .start)
        var isBehindAnchor = false
        _ = try log.replay(
            from: nil,
            restarting: {},
            boundary: { cursor throws(JournalError) in
                if !isBehindAnchor { try replay.boundary(cursor) }
                isBehindAnchor = cursor.position >= log.anchor.end.position
            },
            visitor: { record throws(JournalError) in if !isBehindAnchor { try replay.visit(record) } }
        )
        try replay.flush()
    }
}
