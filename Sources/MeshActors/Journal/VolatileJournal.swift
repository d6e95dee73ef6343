package import MeshCore

/// Journals in memory: the whole contract but durability.
///
/// For tests, simulation and nodes that keep nothing.
///
/// A node that "restarts" is a new ``Owner`` on the same object.
package final class VolatileJournal: Journal {
    private let state = Lock(State())

    /// A store without actors.
    package init() {}

    package func claim(
        _ address: ActorAddress,
        for owner: Owner,
        _ takeover: Takeover
    ) async throws(JournalError) -> Claim {
        try state.withLock { state throws(JournalError) in
            try state.checkOpen()
            var record = state.records[address] ?? Record()
            if let present = record.owner, present != owner, takeover != .from(record.epoch) {
                let held = HeldElsewhere(owner: present, epoch: record.epoch)
                throw JournalError(.owned, "\(address) belongs to \(present.node)", cause: held)
            }
            record.epoch = record.epoch.next
            #if PLANTED_BUGS
            if PlantedBug.claimKeepsEpoch.isOn { record.epoch = Epoch(rawValue: max(1, record.epoch.rawValue - 1)) }
            #endif
            record.owner = owner
            state.records[address] = record
            return Claim(epoch: record.epoch, head: record.head, snapshot: record.snapshot)
        }
    }

    package func release(_ address: ActorAddress, _ epoch: Epoch) async throws(JournalError) {
        try state.withLock { state throws(JournalError) in
            try state.checkOpen()
            guard state.records[address]?.epoch == epoch else { return }
            state.records[address]?.owner = nil
        }
    }

    package func append(_ append: JournalAppend) async throws(JournalError) {
        try append.checkBounds()
        try state.withLock { state throws(JournalError) in
            let head = try state.head(of: append.address, under: append.epoch)
            guard isBehind(append, head) else {
                let found = "\(append.address) stands at \(head.rawValue), not at \(append.head.rawValue)"
                throw JournalError(.staleHead, found)
            }
            // In place: a copy of the record would copy the whole journal.
            state.records[append.address]?.add(append)
        }
    }

    package func entries(of address: ActorAddress, after head: Head) async throws(JournalError) -> [PlacedEntry] {
        try state.withLock { state throws(JournalError) in
            try state.checkOpen()
            guard let record = state.records[address] else { return [] }
            let first = Int(clamping: head.rawValue)
            return Array(record.entries.dropFirst(first).prefix(Limits.Journal.maximumEntriesRead))
        }
    }

    package func save(
        _ snapshot: Snapshot,
        of address: ActorAddress,
        _ epoch: Epoch
    ) async throws(JournalError) {
        try snapshot.checkBounds()
        try state.withLock { state throws(JournalError) in
            guard try snapshot.head <= state.head(of: address, under: epoch) else {
                throw JournalError(.staleHead, "a snapshot of \(address) ahead of its journal")
            }
            guard snapshot.head >= state.records[address]?.snapshot?.head ?? .none else { return }
            state.records[address]?.snapshot = snapshot
        }
    }

    package func actors(after address: ActorAddress?) async throws(JournalError) -> [ActorSummary] {
        let summaries = try allSummaries()
        let later = summaries.drop { summary in address.map { summary.address <= $0 } ?? false }
        return Array(later.prefix(Limits.Journal.maximumActorsScanned))
    }

    package func actorsToWake(
        until wallTime: WallTime,
        after mark: WakeMark?
    ) async throws(JournalError) -> [ActorSummary] {
        let due = try allSummaries().compactMap { summary in summary.wakeMark.map { (mark: $0, summary: summary) } }
            .filter { due in due.mark.wallTime <= wallTime && (mark.map { due.mark > $0 } ?? true) }
        return due.sorted { $0.mark < $1.mark }.prefix(Limits.Journal.maximumActorsScanned).map(\.summary)
    }

    /// Whether `append` continues a journal that stands at `head`.
    private func isBehind(_ append: JournalAppend, _ head: Head) -> Bool {
        #if PLANTED_BUGS
        if PlantedBug.skipHeadCheck.isOn { return true }
        #endif
        return head == append.head
    }

    /// Refuses everything from now on, as a store does whose process ends.
    package func close() { state.withLock { $0.isOpen = false } }

    /// Serves again what it held when it was closed.
    package func reopen() { state.withLock { $0.isOpen = true } }

    private func allSummaries() throws(JournalError) -> [ActorSummary] {
        let summaries = try state.withLock { state throws(JournalError) in
            try state.checkOpen()
            return state.records.map { $1.summary(of: $0) }
        }
        return summaries.sorted { $0.address < $1.address }
    }

    private struct Record {
        var epoch = Epoch.none
        var owner: Owner?
        var entries: [PlacedEntry] = []
        var snapshot: Snapshot?
        var wake: WallTime?

        var head: Head { entries.last?.head ?? .none }

        mutating func add(_ append: JournalAppend) {
            for entry in append.entries {
                let head = head.advanced(by: 1)
                entries.append(PlacedEntry(head: head, epoch: append.epoch, wallTime: append.wallTime, entry: entry))
            }
            wake = append.wake
            #if PLANTED_BUGS
            if PlantedBug.forgetWake.isOn { wake = nil }
            #endif
        }

        func summary(of address: ActorAddress) -> ActorSummary {
            let snapshotHead = snapshot?.head ?? .none
            return ActorSummary(address: address, epoch: epoch, head: head, snapshotHead: snapshotHead, wake: wake)
        }
    }

    private struct State {
        var isOpen = true
        var records: [ActorAddress: Record] = [:]

        func checkOpen() throws(JournalError) {
            guard isOpen else { throw JournalError(.closed, "the journal has been closed") }
        }

        /// The head, if `epoch` may write behind it.
        func head(of address: ActorAddress, under epoch: Epoch) throws(JournalError) -> Head {
            try checkOpen()
            #if PLANTED_BUGS
            if PlantedBug.skipEpochCheck.isOn { if let record = records[address] { return record.head } }
            #endif
            guard let record = records[address], record.epoch == epoch, record.owner != nil else {
                throw JournalError(.fenced, "\(address) is no longer owned in epoch \(epoch.rawValue)")
            }
            return record.head
        }
    }
}
