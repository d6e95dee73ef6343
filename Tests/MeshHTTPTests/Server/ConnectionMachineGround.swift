import MeshCore
import MeshHTTP

/// A time that the tests of the machine count from.
let beginning = Instant(nanoseconds: 1_000_000_000_000)

/// Timeouts that all differ, so that a test sees which one was used.
let timeouts: ConnectionTimeouts = {
    var timeouts = ConnectionTimeouts()
    timeouts.handshake = .seconds(1)
    timeouts.head = .seconds(2)
    timeouts.idle = .seconds(3)
    timeouts.bodyStall = .seconds(4)
    timeouts.grace = .seconds(10)
    timeouts.minimumBytesPerSecond = 100
    timeouts.writeStall = .seconds(5)
    timeouts.drain = .seconds(6)
    timeouts.linger = .seconds(7)
    return timeouts
}()

/// The machine of a connection that has come to `phase` by the shortest way.
func machine(in phase: ConnectionStateMachine.Phase, keepsAlive: Bool = true) -> ConnectionStateMachine {
    var machine = ConnectionStateMachine(isSecure: phase == .handshaking, timeouts: timeouts, now: beginning)
    guard phase != .handshaking, phase != .idle else { return machine }
    if phase == .closed {
        _ = machine.peerEnded()
        return machine
    }
    _ = machine.requestBegan(now: beginning)
    guard phase != .readingHead else { return machine }
    let hasBody = phase == .handling || phase == .draining
    _ = machine.headRead(
        hasBody: hasBody,
        keepsAlive: keepsAlive && (phase == .handling || phase == .draining),
        expectsContinue: false
    )
    guard phase != .handling else { return machine }
    if phase == .upgraded {
        _ = machine.upgradeAccepted()
        return machine
    }
    _ = machine.answerBegan(.whole(bodyLeft: 10))
    _ = machine.answerEnded(now: beginning)
    if phase == .lingering { _ = machine.outputEmptied(now: beginning) }
    return machine
}

/// Something that happens to a connection, and what the machine says to it.
struct MachineEvent: Sendable {
    let name: String
    let happen: @Sendable (inout ConnectionStateMachine) -> String

    init<Action>(_ name: String, _ happen: @escaping @Sendable (inout ConnectionStateMachine) -> Action) {
        self.name = name
        self.happen = { machine in
            let action = happen(&machine)
            return action is Void ? "-" : "\(action)"
        }
    }

    static let all: [MachineEvent] = [
        MachineEvent("handshakeCompleted") { $0.handshakeCompleted(now: beginning) },
        MachineEvent("requestBegan") { $0.requestBegan(now: beginning) },
        MachineEvent("headRead") { $0.headRead(hasBody: true, keepsAlive: true, expectsContinue: false) },
        MachineEvent("bodyRead") { $0.bodyRead(1, now: beginning) },
        MachineEvent("requestEnded") { $0.requestEnded(now: beginning) },
        MachineEvent("requestRefused") { $0.requestRefused(now: beginning) },
        MachineEvent("bodyWanted") { $0.bodyWanted(now: beginning) },
        MachineEvent("bodyWaitAbandoned") { $0.bodyWaitAbandoned(now: beginning) },
        MachineEvent("answerBegan") { $0.answerBegan(.whole(bodyLeft: nil)) },
        MachineEvent("answerEnded") { $0.answerEnded(now: beginning) },
        MachineEvent("answerBroken") { $0.answerBroken() },
        MachineEvent("upgradeAccepted") { $0.upgradeAccepted() },
        MachineEvent("upgradeEnded") { $0.upgradeEnded() },
        MachineEvent("outputBlocked") { $0.outputBlocked(now: beginning) },
        MachineEvent("outputMoved") { $0.outputMoved(1, now: beginning) },
        MachineEvent("outputEmptied") { $0.outputEmptied(now: beginning) },
        MachineEvent("bytesDiscarded") { $0.bytesDiscarded(1) },
        MachineEvent("peerEnded") { $0.peerEnded() },
        MachineEvent("failed") { $0.failed() },
        MachineEvent("stop") { $0.stop() },
        MachineEvent("deadlineReached, early") { $0.deadlineReached(now: beginning) },
        MachineEvent("deadlineReached") { $0.deadlineReached(now: beginning + .seconds(60)) },
    ]
}
