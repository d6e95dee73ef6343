import MeshCore
import MeshTunnel
import Testing

@Suite struct `A tunnel under any sequence of events` {
    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func `makes legal moves only, and never stands still`(seed: UInt64) throws {
        var draw = SeededGenerator(seed: seed &* 77)
        var rig = TunnelRig(seed: seed) { configuration in
            configuration.attempts = 1 + Int(seed % 5)
            configuration.hasSlowLane = seed % 3 != 0
        }
        var made: [LinkID] = []
        var attemptsInARow = 0
        for _ in 0..<400 {
            let before = rig.machine.state
            let link = draw.pick(from: made) ?? TunnelRig.stale
            let dialled = Self.happen(draw.integer(below: 14), link, &rig)
            if let dialled { made.append(dialled) }
            let after = rig.machine.state
            if before.phase != after.phase { try before.phase.checkMove(to: after.phase) }

            switch after {
            case .connected, .failed, .disconnected: attemptsInARow = 0
            case .connecting, .reconnecting: if dialled != nil { attemptsInARow += 1 }
            }
            // A change of addresses begins an attempt anew, and is no further one.
            if case .connecting(let attempt) = after { #expect(attempt.number <= attempt.limit) }
            if case .reconnecting(let attempt) = after { #expect(attempt.number <= attempt.limit) }
            try Self.check(rig)
        }
        _ = try? rig.machine.stop()
        #expect(rig.phase == .disconnected || rig.machine.state == .failed(Self.stopped))
        #expect(rig.machine.nextDeadline == nil && rig.machine.linkInMaking == nil && rig.machine.currentLink == nil)
    }

    private static let stopped: TunnelState.Failure = {
        var machine = TunnelStateMachine(TunnelConfiguration())
        _ = try? machine.start(now: .origin)
        _ = try? machine.stop()
        guard case .failed(let failure) = machine.state else { preconditionFailure("it was stopped") }
        return failure
    }()

    private static func check(_ rig: borrowing TunnelRig) throws {
        let machine = rig.machine.state
        let current = rig.machine.currentLink
        let making = rig.machine.linkInMaking
        let retiring = rig.machine.retiringLinks
        #expect((current != nil) == (machine.phase == .connected))
        #expect(current == nil || current != making)
        #expect(!retiring.contains { $0 == current || $0 == making })
        #expect(Set(retiring).count == retiring.count)
        // Whatever the machine waits for by itself has a time.
        switch machine {
        case .connecting, .reconnecting, .connected: #expect(rig.machine.nextDeadline != nil)
        case .failed(let failure): #expect(failure.triesAt == nil || rig.machine.nextDeadline != nil)
        case .disconnected: #expect(rig.machine.nextDeadline == nil)
        }
    }

    /// Lets one thing happen and returns the link that was dialled for it.
    private static func happen(_ what: Int, _ link: LinkID, _ rig: inout TunnelRig) -> LinkID? {
        switch what {
        case 0: if case .dial(let dial) = try? rig.machine.start(now: rig.now) { return dial.link }
        case 1: if link.number % 16 == 0 { _ = try? rig.machine.stop() }
        case 2: if case .dial(let dial) = try? rig.machine.reconnectNow(now: rig.now) { return dial.link }
        case 3: if case .dial(let dial) = try? rig.machine.renew(now: rig.now) { return dial.link }
        case 4: rig.fail(link, .refused, retryAfter: .seconds(3))
        case 5: rig.fail(link, link.number % 7 == 0 ? .notAuthenticated : .unreachable)
        case 6: _ = rig.open()
        case 7: _ = rig.answer(rig.making)
        case 8: _ = rig.answer(link)
        case 9: _ = rig.miss(link)
        case 10: _ = rig.leave(link)
        case 11: rig.end(link)
        case 12: if case .dial(let dial) = rig.machine.addressesChanged(now: rig.now) { return dial.link }
        default: if case .dial(let dial) = rig.wait() { return dial.link }
        }
        return nil
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `its deadlines always lead on`(seed: UInt64) throws {
        var draw = SeededGenerator(seed: seed)
        var rig = TunnelRig(seed: seed)
        _ = try rig.machine.start(now: rig.now)
        for _ in 0..<200 {
            // At one instant the machine has a bounded number of things to do.
            let before = rig.now
            var calls = 0
            while let deadline = rig.machine.nextDeadline, deadline <= rig.now {
                _ = rig.wait()
                calls += 1
                #expect(calls < 16 && rig.now == before)
                guard calls < 16 else { return }
            }
            _ = rig.wait()
            switch draw.integer(below: 4) {
            case 0: _ = rig.open()
            case 1: _ = rig.answer(rig.making)
            case 2: _ = rig.answer(rig.current)
            default: rig.fail(rig.making)
            }
        }
    }
}
