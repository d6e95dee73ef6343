internal import MeshActors

/// Where the entries of one actor stand, as they were noted: mostly in order, and those that compaction has written
/// again behind the ones that came after them.
struct PlaceList: Sendable {
    private var ordered: [EntryPlace] = []

    /// Those that came out of turn, until somebody asks: put into place one by one, each would move all behind it.
    private var late: [EntryPlace] = []

    /// Takes note of a place; of two with the same head the later counts.
    mutating func note(_ place: EntryPlace) {
        guard let last = ordered.last, place.head <= last.head else {
            ordered.append(place)
            return
        }
        late.append(place)
    }

    /// Forgets those up to `head`.
    mutating func trim(through head: Head) {
        ordered.removeAll { $0.head <= head }
        late.removeAll { $0.head <= head }
    }

    /// Those behind `head`, at most `limit`.
    mutating func inOrder(after head: Head, limit: Int) -> [EntryPlace] {
        settle()
        var (low, high) = (0, ordered.count)
        while low < high {
            let middle = (low + high) / 2
            if ordered[middle].head <= head { low = middle + 1 } else { high = middle }
        }
        return Array(ordered[low...].prefix(limit))
    }

    private mutating func settle() {
        guard !late.isEmpty else { return }
        let newest = Dictionary(late.map { ($0.head, $0) }) { $1 }.values.sorted { $0.head < $1.head }
        var merged: [EntryPlace] = []
        merged.reserveCapacity(ordered.count + newest.count)
        var next = newest[...]
        for place in ordered {
            while let first = next.first, first.head < place.head { merged.append(next.removeFirst()) }
            if next.first?.head == place.head { merged.append(next.removeFirst()) } else { merged.append(place) }
        }
        ordered = merged + next
        late = []
    }
}
