import MeshActors
import MeshCore
import Testing

@Suite struct `One stay of an actor` {
    private static let now = Instant.origin
    private static let mailbox = 2

    private enum Stage: CaseIterable { case starting, live, leaving, gone }

    private func machine(_ stage: Stage) -> ActivationStateMachine {
        var machine = ActivationStateMachine(now: Self.now)
        guard stage != .starting else { return machine }
        _ = machine.started()
        guard stage != .live else { return machine }
        _ = machine.leaveRequested(onlyIfUnused: false)
        if stage == .gone { machine.ended() }
        return machine
    }

    @Test func `a call enters, waits, or is refused`() {
        let expected: [Stage: ActivationStateMachine.CallArrivedAction] = [
            .starting: .waitForStart, .live: .enter, .leaving: .waitForEnd, .gone: .waitForEnd,
        ]
        for stage in Stage.allCases {
            var machine = machine(stage)
            #expect(machine.callArrived(now: Self.now, mailbox: Self.mailbox) == expected[stage])
            #expect(machine.inFlight == (stage == .starting || stage == .live ? 1 : 0))
        }
        for stage in [Stage.starting, .live] {
            var machine = machine(stage)
            for _ in 0..<Self.mailbox { _ = machine.callArrived(now: Self.now, mailbox: Self.mailbox) }
            #expect(machine.callArrived(now: Self.now, mailbox: Self.mailbox) == .refuse)
            machine.callEnded(now: Self.now)
            #expect(machine.callArrived(now: Self.now, mailbox: Self.mailbox) != .refuse)
        }
        for stage in [Stage.leaving, .gone] {
            var machine = machine(stage)
            for _ in 0..<Self.mailbox { _ = machine.callArrived(now: Self.now, mailbox: Self.mailbox) }
            #expect(machine.callArrived(now: Self.now, mailbox: Self.mailbox) == .refuse)
            machine.waitEnded()
            #expect(machine.callArrived(now: Self.now, mailbox: Self.mailbox) == .waitForEnd)
            #expect(machine.waitingForEnd == Self.mailbox)
        }
    }

    @Test func `a resident that comes too late leaves at once`() {
        let expected: [Stage: ActivationStateMachine.StartedAction] = [
            .starting: .live, .live: .leave, .leaving: .leave, .gone: .leave,
        ]
        for stage in Stage.allCases {
            var machine = machine(stage)
            #expect(machine.started() == expected[stage])
        }
    }

    @Test func `who is unused leaves when asked, who is used only when told`() {
        for stage in Stage.allCases {
            var unused = machine(stage)
            #expect(unused.leaveRequested(onlyIfUnused: true) == (stage == .live ? .leave : .ignore))
            var told = machine(stage)
            #expect(
                told.leaveRequested(onlyIfUnused: false) == (stage == .live || stage == .starting ? .leave : .ignore)
            )
        }
        var used = machine(.live)
        _ = used.callArrived(now: Self.now, mailbox: Self.mailbox)
        #expect(used.leaveRequested(onlyIfUnused: true) == .ignore)
        #expect(used.leaveRequested(onlyIfUnused: false) == .leave)
    }

    @Test func `a lost resident gets no more calls`() {
        for stage in Stage.allCases {
            var machine = machine(stage)
            machine.residentLost()
            #expect(machine.isLive == false)
        }
    }

    @Test func `the last use is remembered`() {
        var machine = machine(.live)
        _ = machine.callArrived(now: .origin + .seconds(1), mailbox: Self.mailbox)
        #expect(machine.lastUsed == .origin + .seconds(1))
        machine.callEnded(now: .origin + .seconds(2))
        #expect(machine.lastUsed == .origin + .seconds(2))
    }
}
