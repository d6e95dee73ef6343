import MeshCore
import MeshTunnel
import Testing

/// A herd queues before its hub, and may lose it again soon after: that must not spread it over minutes.
@Suite struct `A tunnel that took several attempts` {
    /// The pause after the loss of a link that held for three seconds, after six attempts that ended so.
    private func pause(seed: UInt64, _ code: DialErrorCode, retryAfter: Duration?) throws -> Duration {
        var rig = TunnelRig(seed: seed)
        _ = try rig.machine.start(now: rig.now)
        for _ in 0..<6 {
            rig.fail(rig.making, code, retryAfter: retryAfter)
            rig.waitForDial()
        }
        _ = rig.open()
        _ = rig.answer(rig.making, window: Self.window)
        rig.becomeWell()
        rig.end(rig.current)
        return try #require(rig.attempt?.startsAt) - rig.now
    }

    @Test func `because the hub asked it to come later, comes back within the window`() throws {
        for seed in UInt64(1)...50 {
            #expect(try pause(seed: seed, .refused, retryAfter: .seconds(1)) <= Self.window)
        }
    }

    @Test func `because nobody answered, is careful when its link does not last`() throws {
        let pauses = try (UInt64(1)...50).map { try pause(seed: $0, .unreachable, retryAfter: nil) }
        #expect(pauses.contains { $0 > Self.window })
    }

    @Test func `because it was asked to come later again and again, fails in the end`() throws {
        var rig = TunnelRig()
        _ = try rig.machine.start(now: rig.now)
        for _ in 0..<10 {
            rig.fail(rig.making, .refused, retryAfter: .seconds(1))
            if rig.phase == .connecting { rig.waitForDial() }
        }
        #expect(rig.phase == .failed)
    }

    private static let window = Duration.seconds(4)
}
