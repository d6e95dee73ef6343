internal import MeshCore

/// The machine's clock, for a program that measures it.
struct MachineClock: MeshCore.Clock {
    private let start = ContinuousClock().now

    var now: Instant { Instant(nanoseconds: (ContinuousClock().now - start).wholeNanoseconds) }
    var wallTime: WallTime { WallTime(millisecondsSince1970: now.nanoseconds / 1_000_000) }

    func sleep(until deadline: Instant) async throws(CancellationError) {
        do { try await Task.sleep(for: deadline - now) } catch { throw CancellationError() }
    }
}
