internal import MeshActors
internal import MeshCore
internal import MeshTestKit

/// The way between edges and hubs: delays, losses, holes, and what happens later.
final class TunnelNetwork: Sendable {
    /// Nothing came through in time.
    struct Silence: Error {}

    private struct Pair: Hashable {
        let edge: NodeID
        let hub: NodeID
    }

    private struct State {
        var generator: SeededGenerator
        var holes: Set<Pair> = []
        var lostPerThousand = 0
        var isSlow = false
        var areNamesAway = false
        var linkCount = 0
    }

    let clock: VirtualClock
    let history: TunnelHistory
    private let state: Lock<State>
    private let chores = Intake<@Sendable () async -> Void>(capacity: Limits.TunnelWorld.maximumChores)

    init(clock: VirtualClock, history: TunnelHistory, generator: SeededGenerator) {
        self.clock = clock
        self.history = history
        state = Lock(State(generator: generator))
    }

    /// Does what shall happen later.
    func run() async {
        await withDiscardingTaskGroup { group in
            while let chore = await chores.next() { group.addTask { await chore() } }
            group.cancelAll()
        }
    }

    /// Has `chore` done after `pause`.
    func later(_ pause: Duration, _ chore: @escaping @Sendable () -> Void) {
        let isTaken = chores.offer { [clock] in
            guard (try? await clock.sleep(for: pause)) != nil else { return }
            chore()
        }
        if !isTaken { chore() }
    }

    func draw<Value: Sendable>(_ draw: (inout SeededGenerator) -> Value) -> Value {
        state.withLock { draw(&$0.generator) }
    }

    func nextLink() -> Int {
        state.withLock { state in
            state.linkCount += 1
            return state.linkCount
        }
    }

    // MARK: Faults

    func setHole(_ isHole: Bool, _ edge: NodeID, _ hub: NodeID) {
        state.withLock { state in
            if isHole {
                state.holes.insert(Pair(edge: edge, hub: hub))
            } else {
                state.holes.remove(Pair(edge: edge, hub: hub))
            }
        }
    }

    func setLost(perThousand: Int) { state.withLock { $0.lostPerThousand = perThousand } }
    func setSlow(_ isSlow: Bool) { state.withLock { $0.isSlow = isSlow } }
    func setNamesAway(_ areAway: Bool) { state.withLock { $0.areNamesAway = areAway } }

    var areNamesAway: Bool { state.withLock { $0.areNamesAway } }

    func heal() {
        state.withLock { state in
            state.holes = []
            state.lostPerThousand = 0
            state.isSlow = false
            state.areNamesAway = false
        }
    }

    // MARK: Ways

    /// One way: returns when it has come through, after as many repetitions as it takes, or throws at `deadline`.
    func travel(_ edge: NodeID, _ hub: NodeID, until deadline: Instant) async throws {
        var repetition = Duration.milliseconds(300)
        while clock.now < deadline {
            let (delay, isThrough) = state.withLock { state in
                let longest = state.isSlow ? 2_000 : 40
                let delay = Duration.milliseconds(state.generator.integer(in: 1...longest))
                let isLost = state.generator.chance(state.lostPerThousand, in: 1_000)
                return (delay, !isLost && !state.holes.contains(Pair(edge: edge, hub: hub)))
            }
            guard !isThrough else {
                try await clock.sleep(for: delay)
                return
            }
            try await clock.sleep(for: repetition)
            repetition = min(repetition * 2, .seconds(2))
        }
        throw Silence()
    }
}
