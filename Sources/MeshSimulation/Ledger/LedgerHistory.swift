internal import MeshActors
internal import MeshChat
internal import MeshCheck
internal import MeshCore
internal import MeshLedger
internal import MeshTestKit
internal import MeshWire

/// What was asked of accounts, what became durable, what was answered and what whoever bills was told, under the eyes
/// of one judge for each account.
///
/// It knows nothing of ledgers but what reaches the journal, who asks, and who bills.
final class LedgerHistory: Sendable {
    private struct State {
        var violation: Violation?
        var judges: [String: LedgerJudge] = [:]
        var checks = 0
    }

    private let trace: Trace
    private let broken = Beacon()
    private let state: Lock<State>

    init(plan: LedgerPlan, trace: Trace) {
        self.trace = trace
        var state = State()
        for account in plan.accounts { state.judges[account] = LedgerJudge(account: account, rows: plan.rows) }
        self.state = Lock(state)
    }

    var violation: Violation? { state.withLock { $0.violation } }

    /// How many things were checked.
    var checks: Int { state.withLock { $0.checks } }

    /// Returns as soon as a promise is broken, or when the task is cancelled.
    func untilBroken() async { await broken.wait() }

    func note(_ words: String) { trace.note(words) }

    func fail(_ checker: String, _ message: String) {
        trace.note(message)
        keep(Violation(checker, message))
    }

    /// What `account` should be by now.
    func oracle(_ account: String) -> OracleAccount {
        state.withLock { $0.judges[account]?.oracle } ?? OracleAccount()
    }

    /// The moment from which on an answer counts.
    func now(_ account: String) -> Int { state.withLock { $0.judges[account]?.moments.count ?? 1 } - 1 }

    // MARK: What is asked

    /// Somebody sets out to ask: what may come of it is known from here on.
    func asks(_ account: String, _ words: String, _ note: (inout LedgerJudge) -> Void) {
        trace.note("\(account) is asked \(words)")
        state.withLock { state in
            guard state.judges[account] != nil else { return }
            note(&state.judges[account, default: LedgerJudge(account: account, rows: [])])
        }
    }

    // MARK: What is seen

    /// A clock shows `time`, just before it jumps or just behind that.
    func shows(_ time: WallTime) {
        state.withLock { state in
            for account in state.judges.keys { state.judges[account]?.shows(time) }
        }
    }

    /// The store has made an append durable; who asked for it does not know yet.
    func committed(_ append: JournalAppend) {
        let account = append.address.key
        shows(append.wallTime)
        for (offset, entry) in append.entries.enumerated() {
            let head = append.head.advanced(by: offset + 1)
            judge(account, "\(account) has \(entry.events.count) events at \(head.rawValue)") { judge in
                for (index, bytes) in entry.events.enumerated() {
                    let event: Ledger.Event
                    do throws(WireError) { event = try Ledger.Event(wireBytes: bytes) } catch {
                        return "an event at \(head.rawValue) cannot be read"
                    }
                    if let problem = judge.take(event, at: EventPosition(head: head, index: index)) { return problem }
                }
                return judge.endOfEntry()
            }
        }
    }

    /// Whoever bills has taken `event`, under an identifier by which it knew `known` before.
    func told(_ event: MeterEvent, before known: MeterEvent?) {
        let account = event.identifier.split(separator: "|").dropFirst().first.map { String($0) } ?? ""
        judge(account, "whoever bills is told of \(event.identifier): \(event.microdollars)") { judge in
            if let known, known.microdollars != event.microdollars {
                return "\(event.identifier) is told as \(event.microdollars), and was as \(known.microdollars)"
            }
            return judge.told(event)
        }
    }

    /// Somebody has an answer.
    func answered(_ account: String, _ words: String, _ check: (inout LedgerJudge) -> String?) {
        judge(account, "\(account) answers \(words)", check)
    }

    private func judge(_ account: String, _ line: String, _ check: (inout LedgerJudge) -> String?) {
        trace.note(line)
        let problem = state.withLock { state -> Violation? in
            state.checks += 1
            guard var judge = state.judges.removeValue(forKey: account) else {
                return Violation("account", "nobody has an account called \(account)")
            }
            defer { state.judges[account] = judge }
            return check(&judge).map { Violation("money", "\(account): \($0)") }
        }
        if let problem { keep(problem) }
    }

    private func keep(_ violation: Violation) {
        state.withLock { $0.violation = $0.violation ?? violation }
        broken.light()
    }
}
