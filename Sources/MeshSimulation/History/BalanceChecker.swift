internal import MeshActors
internal import MeshCore

/// Balances follow from the journal alone, and clients are told nothing else.
///
/// A reply shows the balance behind its own entry. A refusal or a query shows one that was committed while the client
/// waited; where several hubs share a store, one that was committed at any time, for an owner that has been taken over
/// without knowing it may answer a query from what it has (docs/decisions/0002).
struct BalanceChecker: Checker {
    static let name = "balance"

    /// Whether queries show the newest balance.
    let answersAreFresh: Bool

    private var mirrors: [ActorAddress: AccountMirror] = [:]
    private var firstSeen: [CommandID: Int] = [:]

    init(answersAreFresh: Bool) { self.answersAreFresh = answersAreFresh }

    mutating func observe(_ event: HistoryEvent) throws(Violation) {
        switch event {
        case .committed(let append), .surfaced(let append):
            for entry in append.entries {
                if let problem = mirrors[append.address, default: AccountMirror()].add(entry) {
                    throw violation("in \(append.address), after \(entry.command.tail), \(problem)")
                }
            }
        case .issued(let command, let address, _):
            guard firstSeen[command] == nil else { break }
            firstSeen[command] = answersAreFresh ? mirrors[address, default: AccountMirror()].balances.count - 1 : 0
        case .answered(let command, let address, let answer):
            try check(answer, to: command, of: address)
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
