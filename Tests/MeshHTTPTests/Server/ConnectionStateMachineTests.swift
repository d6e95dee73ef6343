import MeshCore
import MeshHTTP
import Testing

@Suite struct `A connection` {
    private typealias Machine = ConnectionStateMachine

    /// What happens in each phase, and the phase after it; everything that is not here does nothing and changes
    /// nothing.
    private static let changes: [Machine.Phase: [String: (action: String, phase: Machine.Phase)]] = [
        .handshaking: [
            "handshakeCompleted": ("-", .idle), "peerEnded": ("close", .closed), "failed": ("none", .closed),
            "stop": ("close", .closed), "deadlineReached": ("close", .closed),
        ],
        .idle: [
            "requestBegan": ("parse", .readingHead), "requestRefused": ("answer", .flushing),
            "peerEnded": ("close", .closed), "failed": ("none", .closed), "stop": ("close", .closed),
            "deadlineReached": ("close", .closed),
        ],
        .readingHead: [
            "headRead": ("handle", .handling), "requestRefused": ("answer", .flushing),
            "peerEnded": ("close", .closed), "failed": ("none", .closed), "deadlineReached": ("refuse", .flushing),
        ],
        .handling: [
            "bodyRead": ("keep", .handling), "requestRefused": ("failBody", .handling),
            "answerBegan": ("close", .handling), "answerEnded": ("drain", .draining),
            "answerBroken": ("abort", .closed), "peerEnded": ("closeAndCancel", .closed),
            "failed": ("cancel", .closed),
        ],
        .draining: [
            "bodyRead": ("discard", .draining), "requestEnded": ("readNext", .idle),
            "requestRefused": ("finish", .flushing), "peerEnded": ("close", .closed), "failed": ("none", .closed),
            "stop": ("none", .flushing), "deadlineReached": ("finish", .flushing),
        ],
        .flushing: ["outputEmptied": ("linger", .lingering), "failed": ("none", .closed)],
        .lingering: [
            "peerEnded": ("close", .closed), "failed": ("none", .closed), "deadlineReached": ("close", .closed),
        ],
        .upgraded: [
            "answerBroken": ("abort", .closed), "upgradeEnded": ("-", .flushing),
            "peerEnded": ("closeAndCancel", .closed), "failed": ("cancel", .closed), "stop": ("endUpgrade", .upgraded),
        ],
        .closed: [:],
    ]

    private static let nothing: [String: String] = [
        "requestBegan": "ignore", "headRead": "ignore", "bodyRead": "discard", "requestRefused": "ignore",
        "answerBegan": "ignore", "answerEnded": "ignore", "answerBroken": "ignore", "upgradeAccepted": "ignore",
        "handshakeCompleted": "-", "bodyWaitAbandoned": "-", "upgradeEnded": "-", "outputBlocked": "-",
        "outputMoved": "-",
    ]

    @Test(arguments: ConnectionStateMachine.Phase.allCases)
    func `answers each event in each phase`(_ phase: ConnectionStateMachine.Phase) {
        for event in MachineEvent.all {
            var machine = machine(in: phase)
            #expect(machine.phase == phase)
            let expected = Self.changes[phase]?[event.name] ?? (Self.nothing[event.name] ?? "none", phase)
            let action = event.happen(&machine)
            #expect(action == expected.action, "\(event.name) in \(phase)")
            let after = machine.phase
            #expect(after == expected.phase, "\(event.name) in \(phase)")
        }
    }

    @Test func `has one deadline, that of what it waits for`() {
        func deadline(_ phase: ConnectionStateMachine.Phase) -> Duration? {
            machine(in: phase).nextDeadline.map { $0 - beginning }
        }
        #expect(deadline(.handshaking) == timeouts.handshake)
        #expect(deadline(.idle) == timeouts.head)  // no byte has come yet
        #expect(deadline(.readingHead) == timeouts.head)
        #expect(deadline(.handling) == nil)
        #expect(deadline(.draining) == timeouts.drain)
        #expect(deadline(.flushing) == nil)
        #expect(deadline(.lingering) == timeouts.linger)
        #expect(deadline(.upgraded) == nil)
        #expect(deadline(.closed) == nil)
    }

    @Test func `waits longer for the next request than for the first`() {
        var machine = machine(in: .draining)
        #expect(machine.requestEnded(now: beginning) == .readNext)
        #expect(machine.nextDeadline == beginning + timeouts.idle)
    }

    @Test func `gives a client that takes nothing up, whatever it is at`() {
        for phase in ConnectionStateMachine.Phase.allCases where phase != .closed && phase != .handshaking {
            var machine = machine(in: phase)
            machine.outputBlocked(now: beginning)
            machine.outputBlocked(now: beginning + .seconds(1))
            #expect((machine.nextDeadline ?? .origin) <= beginning + timeouts.writeStall)
            machine.outputMoved(1, now: beginning + .milliseconds(500))
            let due = beginning + .milliseconds(500) + timeouts.writeStall
            let action = machine.deadlineReached(now: due)
            #expect(action == .abort)
            let after = machine.phase
            #expect(after == .closed)
        }
    }
}

@Suite struct `What a client does not take` {
    @Test func `waits no longer than its rate allows, however often it takes a little`() {
        var slow = machine(in: .handling)
        slow.outputBlocked(now: beginning)
        slow.outputMoved(1, now: beginning + timeouts.grace)
        #expect(slow.nextDeadline == beginning + timeouts.grace)
        var quick = machine(in: .handling)
        quick.outputBlocked(now: beginning)
        quick.outputMoved(timeouts.minimumBytesPerSecond * 1_000, now: beginning + .seconds(900))
        #expect(quick.nextDeadline == beginning + .seconds(900) + timeouts.writeStall)
    }
}

@Suite struct `The body of a request` {
    @Test func `is waited for no longer than a stall, and counts only while somebody waits`() {
        var machine = machine(in: .handling)
        #expect(machine.nextDeadline == nil)
        #expect(machine.bodyWanted(now: beginning) == .none)
        #expect(machine.nextDeadline == beginning + timeouts.bodyStall)
        #expect(machine.bodyRead(10, now: beginning + .seconds(3)) == .keep)
        #expect(machine.nextDeadline == nil)
        #expect(machine.bodyWanted(now: beginning + .seconds(100)) == .none)
        #expect(machine.nextDeadline == beginning + .seconds(100) + timeouts.bodyStall)
        machine.bodyWaitAbandoned(now: beginning + .seconds(101))
        #expect(machine.nextDeadline == nil)
    }

    @Test func `must come at its least pace, however steadily it drips`() {
        var machine = machine(in: .handling)
        var now = beginning
        var drops = 0
        while true {
            _ = machine.bodyWanted(now: now)
            now = now + .seconds(3)
            if machine.deadlineReached(now: now) == .failBody { break }
            _ = machine.bodyRead(1, now: now)
            drops += 1
            guard drops < 100 else { break }
        }
        // Ten seconds of grace for three bytes.
        #expect(drops == 3)
        let action = machine.answerBegan(.whole(bodyLeft: 10))
        #expect(action == .close)
    }

    @Test func `may take long where much of it comes`() {
        var machine = machine(in: .handling)
        var now = beginning
        for _ in 0..<100 {
            _ = machine.bodyWanted(now: now)
            now = now + .seconds(3)
            #expect(machine.deadlineReached(now: now) == .none)
            _ = machine.bodyRead(400, now: now)
        }
    }

    @Test func `is asked for once, and not behind an answer`() {
        func expecting() -> ConnectionStateMachine {
            var machine = machine(in: .readingHead)
            _ = machine.headRead(hasBody: true, keepsAlive: true, expectsContinue: true)
            return machine
        }
        var asked = expecting()
        #expect(asked.bodyWanted(now: beginning) == .sendContinue)
        #expect(asked.bodyWanted(now: beginning) == .none)
        var answered = expecting()
        #expect(answered.answerBegan(.streamed) == .keepAlive)
        #expect(answered.bodyWanted(now: beginning) == .none)
        var sent = expecting()
        _ = sent.bodyRead(1, now: beginning)
        #expect(sent.bodyWanted(now: beginning) == .none)
        // Nobody knows whether a body comes that was never asked for.
        var never = expecting()
        #expect(never.answerBegan(.whole(bodyLeft: 1)) == .close)
        #expect(never.answerEnded(now: beginning) == .finish)
    }

    @Test func `is thrown away up to its bound so that the connection can be kept`() {
        let bound = Limits.HTTPServer.maximumDrainedBytes
        var short = machine(in: .handling)
        #expect(short.answerBegan(.whole(bodyLeft: bound)) == .keepAlive)
        #expect(short.answerEnded(now: beginning) == .drain)
        #expect(short.bodyRead(Int(bound), now: beginning) == .discard)
        #expect(short.bodyRead(1, now: beginning) == .finish)
        var long = machine(in: .handling)
        #expect(long.answerBegan(.whole(bodyLeft: bound + 1)) == .close)
        #expect(long.answerEnded(now: beginning) == .finish)
        var unknown = machine(in: .handling)
        #expect(unknown.answerBegan(.whole(bodyLeft: nil)) == .close)
    }
}

@Suite struct `The end of a connection` {
    @Test func `comes behind an answer that only the end completes`() {
        var machine = machine(in: .handling)
        _ = machine.requestEnded(now: beginning)
        #expect(machine.answerBegan(.untilClose) == .close)
        #expect(machine.answerBegan(.untilClose) == .ignore)
        #expect(machine.answerEnded(now: beginning) == .finish)
    }

    @Test func `lets a client that has ended its direction read what is on its way`() {
        var machine = machine(in: .draining)
        machine.outputBlocked(now: beginning)
        #expect(machine.peerEnded() == .none)
        #expect(machine.outputEmptied(now: beginning) == .close)
        let phase = machine.phase
        #expect(phase == .closed)
    }

    @Test func `reads only so much away behind the last answer`() {
        var machine = machine(in: .lingering)
        #expect(machine.bytesDiscarded(Int(Limits.HTTPServer.maximumLingeringBytes)) == .none)
        #expect(machine.bytesDiscarded(1) == .close)
    }

    @Test func `of a server lets what is under way end, and nothing more begin`() {
        var reading = machine(in: .readingHead)
        #expect(reading.stop() == .none)
        _ = reading.headRead(hasBody: false, keepsAlive: true, expectsContinue: false)
        #expect(reading.answerBegan(.streamed) == .close)
        #expect(reading.answerEnded(now: beginning) == .finish)
        // The answer had said that the connection is kept.
        var handling = machine(in: .handling)
        _ = handling.requestEnded(now: beginning)
        #expect(handling.answerBegan(.streamed) == .keepAlive)
        #expect(handling.stop() == .none)
        #expect(handling.answerEnded(now: beginning) == .finish)
        var blocked = machine(in: .draining)
        _ = blocked.requestEnded(now: beginning)
        blocked.outputBlocked(now: beginning)
        #expect(blocked.stop() == .none)
        let phase = blocked.phase
        #expect(phase == .flushing)
    }
}
