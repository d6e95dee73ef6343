internal import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshTestKit

/// What clients have seen so far.
package struct CallCounts: Hashable, SeededFigures {
    /// Calls that were made, tries included.
    package var calls = 0
    /// Commands that were done, queries that were answered.
    package var answered = 0
    /// Commands that were refused.
    package var refused = 0
    /// Calls whose end the client does not know.
    package var open = 0
    /// Commands that were asked for again although they had been answered.
    package var repeated = 0

    /// Nothing yet.
    package init() {}

    package mutating func add(_ other: CallCounts) {
        calls += other.calls
        answered += other.answered
        refused += other.refused
        open += other.open
        repeated += other.repeated
    }

    package func lines(events: Int) -> [String] {
        let asked = "calls: \(calls), answered \(answered), refused \(refused), open \(open), repeated \(repeated)"
        return ["\(asked); \(events) events checked"]
    }

    package var fields: [JSONField] {
        [
            JSONField("calls", calls), JSONField("answered", answered), JSONField("refused", refused),
            JSONField("open", open),
        ]
    }
}

/// Somebody who asks accounts for things, tries again when in doubt, and now and then asks twice on purpose.
struct SimulatedClient: Sendable {
    let clock: any Clock
    let wallClock: any Clock
    let nodes: [SimulatedNode]
    let plan: WorldPlan
    let history: History
    let counts: Lock<CallCounts>

    /// Works until `end`.
    func work(until end: Instant, _ generator: SeededGenerator) async {
        var generator = generator
        while clock.now < end, !Task.isCancelled {
            let thought = Duration.milliseconds(generator.integer(in: 1...Int(plan.longestThought / .milliseconds(1))))
            do throws(CancellationError) { try await clock.sleep(for: thought) } catch { return }
            let key = "account-\(generator.integer(in: 1...plan.accountCount))"
            let command = CommandID(at: wallClock.wallTime, using: &generator)
            let ask = drawAsk(&generator)
            guard await pursue(key, ask, as: command, &generator) else { continue }
            if generator.chance(1, in: 4) {
                counts.withLock { $0.repeated += 1 }
                _ = await pursue(key, ask, as: command, &generator)
            }
        }
    }

    /// Asks until there is an answer, or patience ends; true when there was one that stands in the journal.
    private func pursue(
        _ key: String,
        _ ask: HistoryEvent.Ask,
        as command: CommandID,
        _ generator: inout SeededGenerator
    ) async -> Bool {
        for _ in 0..<Limits.World.maximumTries {
            guard let node = generator.pick(from: nodes), !Task.isCancelled else { return false }
            let patience = Duration.milliseconds(generator.integer(in: 500...8_000))
            if let answer = await call(key, ask, as: command, through: node, patience: patience) {
                if case .done = answer { return true }
                return false
            }
            let pause = Duration.milliseconds(generator.integer(in: 1...1_000))
            do throws(CancellationError) { try await clock.sleep(for: pause) } catch { return false }
        }
        return false
    }

    /// Asks once; nil when the client does not know what became of it.
    func call(
        _ key: String,
        _ ask: HistoryEvent.Ask,
        as command: CommandID,
        through node: SimulatedNode,
        patience: Duration
    ) async -> HistoryEvent.Answer? {
        guard case .answered(let answer) = await outcome(key, ask, as: command, through: node, patience: patience)
        else { return nil }
        return answer
    }

    /// Asks once, and says what came of it.
    func outcome(
        _ key: String,
        _ ask: HistoryEvent.Ask,
        as command: CommandID,
        through node: SimulatedNode,
        patience: Duration
    ) async -> CallOutcome {
        guard let address = try? ActorAddress(SampleAccount.kind, key) else { return .open("no such key") }
        history.record(.issued(command, address, ask))
        counts.withLock { $0.calls += 1 }
        let outcome = await node.call(key, ask, as: command, deadline: clock.now + patience)
        switch outcome {
        case .answered(let answer):
            counts.withLock { counts in
                if case .refused = answer { counts.refused += 1 } else { counts.answered += 1 }
            }
            history.record(.answered(command, address, answer))
        case .open(let why):
            counts.withLock { $0.open += 1 }
            history.record(.unknown(command, address, why))
        }
        return outcome
    }

    private func drawAsk(_ generator: inout SeededGenerator) -> HistoryEvent.Ask {
        switch generator.integer(below: 20) {
        case 0..<6: .deposit(Int64(generator.integer(in: 1...100)))
        case 6..<12: .withdraw(Int64(generator.integer(in: 1...100)))
        case 12..<15: .send(Int64(generator.integer(in: 1...50)))
        case 15: .alarm(wallClock.wallTime.millisecondsSince1970 + Int64(generator.integer(in: 1...20_000)))
        default: .balance
        }
    }
}
