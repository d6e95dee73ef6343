internal import MeshCore
internal import MeshLedger

/// Whoever bills: takes each identifier once and for ever, and is not always there.
final class SimulatedBiller: Sendable {
    /// It could not be reached, or did not answer; it may have taken the event.
    struct Silence: Error {}

    private struct State {
        var generator: SeededGenerator
        var isAway = false
        var losesReceipts = false
        var refuses = false
        var told: [String: MeterEvent] = [:]
        var again = 0
    }

    private let clock: any Clock
    private let history: LedgerHistory
    private let state: Lock<State>

    init(clock: any Clock, history: LedgerHistory, generator: SeededGenerator) {
        self.clock = clock
        self.history = history
        state = Lock(State(generator: generator))
    }

    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }
    func setLosesReceipts(_ losesReceipts: Bool) { state.withLock { $0.losesReceipts = losesReceipts } }
    func setRefuses(_ refuses: Bool) { state.withLock { $0.refuses = refuses } }

    /// Events that it was told of, and how often one of them came again.
    var counts: (told: Int, again: Int) { state.withLock { ($0.told.count, $0.again) } }

    /// Nano-dollars that it bills `account`.
    func billed(_ account: String) -> Int128 {
        state.withLock { state in
            state.told.reduce(0) { sum, told in
                told.key.hasPrefix("mesh|\(account)|") ? sum + Int128(told.value.microdollars) * 1_000 : sum
            }
        }
    }

    fileprivate func tell(_ event: MeterEvent, behind gate: NodeGate) async throws -> MeterOutcome {
        guard await gate.pass() else { throw Silence() }
        try await travel()
        if state.withLock({ $0.isAway }) { throw Silence() }
        let refuses = state.withLock { $0.refuses && $0.generator.chance(1, in: 2) && $0.told[event.identifier] == nil }
        if !refuses {
            let known = state.withLock { state in
                if state.told[event.identifier] != nil { state.again += 1 }
                return state.told.updateValue(event, forKey: event.identifier)
            }
            history.told(event, before: known)
        }
        let isLost = state.withLock { $0.losesReceipts && $0.generator.chance(1, in: 2) }
        try await travel()
        guard !isLost, await gate.pass() else { throw Silence() }
        return refuses ? .refused("no_meter") : .delivered
    }

    private func travel() async throws {
        let delay = state.withLock { $0.generator.integer(in: 1...60) }
        try await clock.sleep(for: .milliseconds(delay))
    }
}

/// The way of one life of a hub to whoever bills.
struct LifeSink: MeterSink {
    let biller: SimulatedBiller
    let gate: NodeGate

    func tell(_ event: MeterEvent) async throws -> MeterOutcome { try await biller.tell(event, behind: gate) }
}
