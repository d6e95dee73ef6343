package import MeshActors
internal import MeshCore

/// Holds what clients of accounts have seen against what the store has in the end.
///
/// For a mesh that runs: nobody sees each commit there as it happens, as the simulation does.
package struct JournalCheck: Sendable {
    /// What clients saw, in the order in which it was noted.
    private let seen: [HistoryEvent]
    private let written: [HistoryEvent]
    private let entryCount: Int

    /// What clients `seen` have, and the whole journal of each account, by address.
    package init(seen: [HistoryEvent], journals: [(ActorAddress, [PlacedEntry])], owner: Owner) {
        self.seen = seen
        entryCount = journals.reduce(0) { $0 + $1.1.count }
        written = journals.flatMap { Self.commits(of: $0.0, $0.1, owner) }
    }

    /// What each checker says.
    package var results: [CheckResult] {
        var answers = 0
        var commands: Set<CommandID> = []
        var queries = 0
        for event in seen {
            switch event {
            case .issued(let command, _, _): commands.insert(command)
            case .answered(_, _, .done): answers += 1
            case .answered(_, _, .balance): queries += 1
            default: break
            }
        }
        return [
            run(OutputGateChecker(ownersMayBeStale: false), "nothing-lost", "\(answers) acknowledged", written + seen),
            run(CommandOnceChecker(), CommandOnceChecker.name, "\(commands.count) commands", seen + written),
            run(BalanceChecker(.acknowledged), BalanceChecker.name, "\(queries) balances shown", written + seen),
            // Who wrote them nobody can see here: the checker is held to the order and the epochs of the entries alone.
            run(SingleWriterChecker(), "journal-order", "\(entryCount) entries", written),
        ]
    }

    private func run(_ checker: some Checker, _ name: String, _ looked: String, _ events: [HistoryEvent]) -> CheckResult
    {
        var checker = checker
        do throws(Violation) {
            for event in events { try checker.observe(event) }
            return CheckResult(name, looked: looked)
        } catch {
            return CheckResult(name, looked: looked, problem: error.message)
        }
    }

    /// A journal as the claims and appends that it is made of.
    private static func commits(of address: ActorAddress, _ entries: [PlacedEntry], _ owner: Owner) -> [HistoryEvent] {
        var events: [HistoryEvent] = []
        var epoch = Epoch.none
        for placed in entries {
            if placed.epoch != epoch {
                epoch = placed.epoch
                events.append(.claimed(address, epoch, owner))
            }
            let append = JournalAppend(
                address: address,
                epoch: placed.epoch,
                head: Head(rawValue: placed.head.rawValue - 1),
                wallTime: placed.wallTime,
                entries: [placed.entry],
                wake: nil
            )
            events.append(.committed(append))
        }
        return events
    }
}
