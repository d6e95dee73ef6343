package import MeshCore

/// One node's clocks: its calendar may be wrong and jump, and its sleeps end late while the node is paused.
package final class NodeClock: Clock {
    private let real: any Clock
    private let gate: NodeGate
    private let offset = Lock(Duration.zero)

    /// The clock of the life behind `gate`, in a world where `real` is right.
    package init(_ real: any Clock, gate: NodeGate) {
        self.real = real
        self.gate = gate
    }

    /// Makes this node's calendar jump.
    package func jumpWallTime(by duration: Duration) { offset.withLock { $0 += duration } }

    /// Sets this node's calendar right.
    package func correctWallTime() { offset.withLock { $0 = .zero } }

    package var now: Instant { real.now }

    package var wallTime: WallTime {
        let shift = offset.withLock { $0 }.wholeNanoseconds / 1_000_000
        return WallTime(millisecondsSince1970: real.wallTime.millisecondsSince1970 + shift)
    }

    package func sleep(until deadline: Instant) async throws(CancellationError) {
        try await real.sleep(until: deadline)
        guard await gate.pass() else { throw CancellationError() }
    }
}
