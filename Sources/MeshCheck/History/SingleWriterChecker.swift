internal import MeshActors

/// Of each actor's journal every position is written once, in order, and only in the newest ownership.
package struct SingleWriterChecker: Checker {
    /// The word in reports.
    package static let name = "single-writer"

    private struct Row {
        var epoch = Epoch.none
        var head = Head.none
        var lastWriter = Epoch.none
    }

    private var rows: [ActorAddress: Row] = [:]

    /// A checker that has seen nothing.
    package init() {}

    /// Takes `event` in; throws what it breaks.
    package mutating func observe(_ event: HistoryEvent) throws(Violation) {
        switch event {
        case .claimed(let address, let epoch, _):
            let row = rows[address, default: Row()]
            guard epoch > row.epoch else { throw violation("\(address) is claimed twice in epoch \(epoch.rawValue)") }
            rows[address, default: Row()].epoch = epoch
        case .committed(let append):
            let row = rows[append.address, default: Row()]
            guard append.epoch == row.epoch else {
                throw violation("epoch \(append.epoch.rawValue) wrote to \(append.address) after \(row.epoch.rawValue)")
            }
            try write(append, row)
        case .surfaced(let append):
            let row = rows[append.address, default: Row()]
            // A later owner may have claimed since; it cannot have written.
            guard append.epoch <= row.epoch, append.epoch >= row.lastWriter else {
                throw violation("epoch \(append.epoch.rawValue) surfaced in \(append.address) after \(row.lastWriter)")
            }
            try write(append, row)
        default: break
        }
    }

    private mutating func write(_ append: JournalAppend, _ row: Row) throws(Violation) {
        guard append.head == row.head else {
            throw violation("\(append.address) was written at \(append.head.rawValue), not \(row.head.rawValue)")
        }
        rows[append.address]?.head = row.head.advanced(by: append.entries.count)
        rows[append.address]?.lastWriter = append.epoch
    }
}
