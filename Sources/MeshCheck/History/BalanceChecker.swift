internal import MeshActors
internal import MeshCore

/// Balances follow from the journal alone, and clients are told nothing else.
///
/// A reply shows the balance behind its own entry. A refusal or a query shows one that was committed while the client
/// waited; how much of the past that excludes, ``Freshness`` says.
package struct BalanceChecker: Checker {
    /// The word in reports.
    package static let name = "balance"

    /// From when on a balance counts that a caller is shown.
    package enum Freshness: Hashable, Sendable {
        /// Since what was durable when the caller asked: for who sees each commit as it happens.
        case durable
        /// Since what any caller had been told when this one asked: for who sees callers, and the journal in the end.
        case acknowledged
        /// At any time: where several hubs share a store, an owner that has been taken over without knowing it may
        /// answer a query from what it has (docs/decisions/0002).
        case any
    }

    /// From when on a balance counts.
    let freshness: Freshness

    private var mirrors: [ActorAddress: AccountMirror] = [:]
    private var firstSeen: [CommandID: Int] = [:]
    private var acknowledged: [ActorAddress: Int] = [:]

    /// A checker that has seen nothing.
    package init(_ freshness: Freshness) { self.freshness = freshness }

    /// Takes `event` in; throws what it breaks.
    package mutating func observe(_ event: HistoryEvent) throws(Violation) {
        switch event {
        case .committed(let append), .surfaced(let append):
            for entry in append.entries {
                if let problem = mirrors[append.address, default: AccountMirror()].add(entry) {
                    throw violation("in \(append.address), after \(entry.command.tail), \(problem)")
                }
            }
        case .issued(let command, let address, _):
            guard firstSeen[command] == nil else { break }
            firstSeen[command] =
                switch freshness {
                case .durable: mirrors[address, default: AccountMirror()].balances.count - 1
                case .acknowledged: acknowledged[address] ?? 0
                case .any: 0
                }
        case .answered(let command, let address, let answer):
            try check(answer, to: command, of: address)
            guard let head = mirrors[address]?.places[command] else { break }
            acknowledged[address] = max(acknowledged[address] ?? 0, Int(clamping: head.rawValue))
        default: break
        }
    }

    private func check(
        _ answer: HistoryEvent.Answer,
        to command: CommandID,
        of address: ActorAddress
    ) throws(Violation) {
        let mirror = mirrors[address] ?? AccountMirror()
        let window = mirror.balances.dropFirst(firstSeen[command] ?? 0)
        switch answer {
        case .done(let balance):
            guard let expected = mirror.results[command], expected != balance else { return }
            throw violation("\(address) answered \(command.tail) with \(balance), the journal with \(expected)")
        case .balance(let balance):
            guard !window.contains(balance) else { return }
            throw violation("\(address) showed \(balance), which it never held while \(command.tail) waited")
        case .refused(let amount):
            guard !window.contains(where: { $0 < amount }) else { return }
            throw violation("\(address) refused \(amount) although it held more while \(command.tail) waited")
        }
    }
}
