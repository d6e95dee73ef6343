internal import MeshActors

/// What a store has called durable it has for ever, unchanged, whatever befell it.
struct DurabilityChecker: Checker {
    static let name = "durability"

    private var written: [ActorAddress: [JournalEntry]] = [:]

    mutating func observe(_ event: HistoryEvent) throws(Violation) {
        switch event {
        case .committed(let append): written[append.address, default: []] += append.entries
        case .found(let address, let entries, let snapshotHead, let head):
            try compare(address, entries, snapshotHead: snapshotHead, head: head)
        default: break
        }
    }

    /// An append that was under way at a power cut may be there although nobody was told: it counts from then on.
    private mutating func compare(
        _ address: ActorAddress,
        _ entries: [PlacedEntry],
        snapshotHead: Head,
        head: Head
    ) throws(Violation) {
        let known = written[address, default: []]
        guard head.rawValue >= known.count else {
            throw violation("\(address) has lost what came after \(head.rawValue) of \(known.count) entries")
        }
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
