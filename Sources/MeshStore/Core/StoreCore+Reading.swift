package import MeshActors
package import MeshCore

extension StoreCore {
    /// The entries behind `head`, as many as one read returns.
    package func entries(of address: ActorAddress, after head: Head) throws(JournalError) -> [PlacedEntry] {
        try checkOpen()
        return try reader.entries(of: address, after: head)
    }

    /// The actors behind `address`, as many as one scan returns.
    package func actors(after address: ActorAddress?) throws(JournalError) -> [ActorSummary] {
        try checkOpen()
        return try reader.actors(after: address, unwritten: unwritten)
    }

    /// The actors behind `mark` that want to be activated at `wallTime` or before, earliest first, as many as one scan
    /// returns.
    package func actorsToWake(
        until wallTime: WallTime,
        after mark: WakeMark? = nil
    ) throws(JournalError) -> [ActorSummary] {
        try checkOpen()
        return try reader.actorsToWake(until: wallTime, after: mark)
    }

    /// The chain of an actor at a head that is not behind its own.
    func chain(of actor: LiveActor, at head: Head) throws(JournalError) -> SHA256Digest {
        if head == actor.row.head { return actor.row.chain }
        if head == .none { return .zero }
        if head == actor.row.snapshotHead, let position = actor.row.snapshotPosition {
            return try reader.record(at: position, of: actor.address, head).head.chain
        }
        let before = Head(rawValue: head.rawValue - 1)
        if let place = try index.places(of: actor.address, after: before, limit: 1).first, place.head == head {
            return try reader.record(at: place.position, of: actor.address, head).head.chain
        }
        throw JournalError(.staleHead, "\(actor.address) has no entry \(head.rawValue) any more to put a snapshot on")
    }
}

extension JournalAppend {
    /// Refuses what fits the journal's bounds by its contents but not a batch with all its framing.
    func checkFitsBatch() throws(JournalError) {
        var bytes = 0
        for entry in entries {
            guard entry.events.count <= Limits.Store.maximumEventsInEntry else {
                throw JournalError(.tooLarge, "\(entry.events.count) events in one entry of \(address)")
            }
            bytes += 1_024 + entry.answer.count + entry.events.reduce(0) { $0 + 9 + $1.count }
        }
        guard bytes <= Limits.Store.maximumBatchBytes - 1_024 * 1_024 else {
            throw JournalError(.tooLarge, "an append to \(address) does not fit a batch")
        }
    }
}
