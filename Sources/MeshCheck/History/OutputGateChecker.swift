internal import MeshActors
internal import MeshCore

/// Nothing leaves a node before the entry that justifies it is durable: no reply, no effect.
///
/// An effect bears the key of an event that asked for it. Once its completion is durable nobody asks again, except a
/// node that has been taken over without knowing it.
package struct OutputGateChecker: Checker {
    /// The word in reports.
    package static let name = "output-gate"

    private struct Name: Hashable {
        let address: ActorAddress
        let command: CommandID
    }

    /// Whether a node may be taken over without knowing it.
    let ownersMayBeStale: Bool

    private var durable: Set<Name> = []
    private var mirrors: [ActorAddress: AccountMirror] = [:]
    private var performed: [String: Int64] = [:]

    /// A checker that has seen nothing.
    package init(ownersMayBeStale: Bool) { self.ownersMayBeStale = ownersMayBeStale }

    /// Takes `event` in; throws what it breaks.
    package mutating func observe(_ event: HistoryEvent) throws(Violation) {
        switch event {
        case .committed(let append), .surfaced(let append):
            for entry in append.entries {
                durable.insert(Name(address: append.address, command: entry.command))
                _ = mirrors[append.address, default: AccountMirror()].add(entry)
            }
        case .answered(let command, let address, .done):
            guard durable.contains(Name(address: address, command: command)) else {
                throw violation("\(address) answered \(command.tail) before its entry was durable")
            }
        case .effectAsked(let address, let key, let amount): try check(address, key, amount)
        default: break
        }
    }

    private mutating func check(_ address: ActorAddress, _ key: String, _ amount: Int64) throws(Violation) {
        let place = key.split(separator: "/").suffix(2).compactMap { UInt64($0) }
        guard place.count == 2, key.hasPrefix("\(address)/") else {
            throw violation("\(key) is no key of an effect of \(address)")
        }
        let position = EventPosition(head: Head(rawValue: place[0]), index: Int(clamping: place[1]))
        guard let payment = mirrors[address]?.payments[position] else {
            throw violation("\(key) is asked for before its event is durable")
        }
        guard payment.amount == amount, performed[key] ?? amount == amount else {
            throw violation("\(key) is asked for with \(amount), its event says \(payment.amount)")
        }
        guard !payment.isSettled || ownersMayBeStale else {
            throw violation("\(key) is asked for although it is settled")
        }
        performed[key] = amount
    }
}
