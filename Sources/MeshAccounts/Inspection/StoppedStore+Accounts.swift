internal import MeshActors
internal import MeshCore
internal import MeshStore

extension StoppedStore {
    /// Hands each account that has entries to `visit`, in the order of their names.
    func forEachAccount(_ visit: (ActorSummary) throws -> Void) throws {
        var last: ActorAddress?
        while true {
            let found = try actors(after: last)
            guard let end = found.last else { return }
            for summary in found where summary.head > .none { try visit(summary) }
            last = end.address
        }
    }

    /// Hands all entries of `address`, which stands at `end`, to `visit`, as many at a time as one read returns.
    ///
    /// Each must follow the one before, from the first to the last: a sum over a part of a journal would pass for one
    /// over the whole.
    func forEachPage(of address: ActorAddress, to end: Head, _ visit: ([PlacedEntry]) throws -> Void) throws {
        var head = Head.none
        while head < end {
            let page = try entries(of: address, after: head)
            if page.isEmpty { break }
            for placed in page {
                guard placed.head == head.advanced(by: 1) else {
                    throw JournalError(.corrupt, "\(address) lacks the entry behind \(head.rawValue)")
                }
                head = placed.head
            }
            try visit(page)
        }
        guard head == end else {
            throw JournalError(.corrupt, "\(address) ends at \(head.rawValue), and not at \(end.rawValue)")
        }
    }
}
