internal import MeshActors
package import MeshCore

/// Whether what the hub's actors stand on still moves: its store is asked once a second.
///
/// A disk that hangs makes no error: writes just do not return. Edges that ask whether the hub lives are kept waiting
/// until the store has answered again, and take the hub for dead when that lasts.
package final class HubPulse: Sendable {
    private struct State {
        var lastBeat: Instant
        var next = OneShot<Done>()
    }

    private let state: Lock<State>
    private let clock: any Clock
    private let ask: @Sendable () async -> Void

    /// A pulse that beats whenever `ask` returns.
    package init(clock: any Clock, _ ask: @escaping @Sendable () async -> Void) {
        self.clock = clock
        self.ask = ask
        state = Lock(State(lastBeat: clock.now))
    }

    /// Asks until the calling task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            await ask()
            beat()
            try? await clock.sleep(for: Limits.Hub.pulseInterval)
        }
    }

    private func beat() {
        let waiting = state.withLock { state in
            state.lastBeat = clock.now
            defer { state.next = OneShot() }
            return state.next
        }
        waiting.open(Done())
    }

    /// Whether the last beat is not long ago.
    package var isFresh: Bool { state.withLock { clock.now - $0.lastBeat < Limits.Hub.pulsePatience } }

    /// Returns at once where the last beat is not long ago, else with the next one.
    package func waitUntilFresh() async {
        let next = state.withLock { clock.now - $0.lastBeat < Limits.Hub.pulsePatience ? nil : $0.next }
        _ = try? await next?.wait()
    }
}
