internal import MeshActors
internal import MeshCheck

/// What a store has called durable it has for ever, unchanged, whatever befell it.
struct DurabilityChecker: Checker {
    static let name = "durability"

    private struct Place: Hashable {
        let address: ActorAddress
        let head: Head
    }

    private var written: [ActorAddress: [JournalEntry]] = [:]
    private var snapshots: [ActorAddress: Snapshot] = [:]
    /// The actor of a claim whose owner is told of its snapshot next.
    private var claimed: ActorAddress?
    /// How many attempts at each entry have no known end; the same entry may be tried again after one of them.
    private var open: [Place: [JournalEntry: Int]] = [:]

    mutating func observe(_ event: HistoryEvent) throws(Violation) {
        let claimed = claimed.take()
        switch event {
        case .claimed(let address, _, _): self.claimed = address
        case .attempted(let append): visit(append) { open[$0, default: [:]][$1, default: 0] += 1 }
        case .denied(let append): visit(append) { open[$0, default: [:]][$1, default: 0] -= 1 }
        case .committed(let append):
            written[append.address, default: []] += append.entries
            visit(append) { place, _ in open[place] = nil }
        case .surfaced(let append):
            for entry in append.entries {
                let place = Place(address: append.address, head: append.head.advanced(by: 1))
                guard open[place]?[entry] ?? 0 > 0 else {
                    throw violation("\(append.address) has an entry at \(place.head.rawValue) that nobody left open")
                }
                written[append.address, default: []].append(entry)
            }
        case .snapshotSaved(let address, let snapshot):
            if snapshot.head >= snapshotHead(of: address) { snapshots[address] = snapshot }
        case .handedOut(let address, let snapshot, let entries):
            try checkHandedOut(address, snapshot, entries)
            if address == claimed { try checkNotLost(address, snapshot?.head ?? .none) }
        case .found(let address, let entries, let snapshotHead, let head):
            try compare(address, entries, snapshotHead: snapshotHead, head: head)
        default: break
        }
    }

    private func visit(_ append: JournalAppend, _ body: (Place, JournalEntry) -> Void) {
        for (offset, entry) in append.entries.enumerated() {
            body(Place(address: append.address, head: append.head.advanced(by: offset + 1)), entry)
        }
    }

    /// What the store hands out is what it was given; what it had to make up its mind about is seen by ``compare``.
    private func checkHandedOut(
        _ address: ActorAddress,
        _ snapshot: Snapshot?,
        _ entries: [PlacedEntry]
    ) throws(Violation) {
        if let snapshot, let saved = snapshots[address], saved.head == snapshot.head, saved != snapshot {
            throw violation("the snapshot of \(address) at \(snapshot.head.rawValue) has changed")
        }
        let known = written[address, default: []]
        for placed in entries {
            let index = Int(placed.head.rawValue) - 1
            guard index >= known.count || known[index] == placed.entry else {
                throw violation("\(address) was handed an entry at \(placed.head.rawValue) that has changed")
            }
        }
    }

    private func snapshotHead(of address: ActorAddress) -> Head { snapshots[address]?.head ?? .none }

    /// A snapshot that was saved is there, or one that was saved after it.
    private func checkNotLost(_ address: ActorAddress, _ snapshotHead: Head) throws(Violation) {
        let saved = self.snapshotHead(of: address)
        guard snapshotHead >= saved else {
            throw violation("\(address) has lost its snapshot at \(saved.rawValue)")
        }
    }

    private func compare(
        _ address: ActorAddress,
        _ entries: [PlacedEntry],
        snapshotHead: Head,
        head: Head
    ) throws(Violation) {
        let known = written[address, default: []]
        guard head.rawValue >= known.count else {
            throw violation("\(address) has lost what came after \(head.rawValue) of \(known.count) entries")
        }
        try checkNotLost(address, snapshotHead)
        var expected = snapshotHead
        for placed in entries {
            if placed.head <= snapshotHead { continue }
            expected = expected.advanced(by: 1)
            guard placed.head == expected else {
                throw violation("\(address) has no entry at \(expected.rawValue)")
            }
            let index = Int(placed.head.rawValue) - 1
            guard index >= known.count || known[index] == placed.entry else {
                throw violation("the entry of \(address) at \(placed.head.rawValue) has changed")
            }
        }
        guard expected == head else { throw violation("\(address) cannot read what comes after \(expected.rawValue)") }
    }
}
