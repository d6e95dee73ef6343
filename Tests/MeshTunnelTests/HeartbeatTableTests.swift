import MeshCore
import MeshTunnel
import Testing

/// Every state of the beats and every event that can meet it, each cell by name.
@Suite struct `Every state of the beats meets every event` {
    @Test func `and does what the table says`() {
        var rows: [String] = []
        for state in HeartbeatRig.states {
            for event in HeartbeatRig.events {
                var rig = HeartbeatRig()
                state.reach(&rig)
                let before = rig.look
                let action = event.happen(&rig)
                let after = rig.look
                guard action != "nothing" || before != after else { continue }
                rows.append("\(state.name) | \(event.name) | \(action) | \(after == before ? "same" : after)")
            }
        }
        let table = HeartbeatRig.table.split(separator: "\n").map(String.init)
        let missing = table.filter { !rows.contains($0) }
        let unexpected = rows.filter { !table.contains($0) }
        #expect(missing.isEmpty, "the table says, and it is not so:\n\(missing.joined(separator: "\n"))")
        #expect(unexpected.isEmpty, "the table does not say:\n\(unexpected.joined(separator: "\n"))")
        #expect(rows.count == table.count)
    }
}

/// A machine whose draws are zero seconds long, and its time.
struct HeartbeatRig: ~Copyable {
    var machine: HeartbeatStateMachine
    var generator = SeededGenerator(seed: 1)
    var now = Instant.origin

    init() {
        var configuration = HeartbeatConfiguration()
        configuration.firstBeatWithin = .zero
        machine = HeartbeatStateMachine(configuration)
    }

    /// What the machine has come to, without the moment of the draw.
    var look: String {
        let counts = machine.counts
        var words = ["sent \(counts.sent)"]
        let all = [
            ("acknowledged", counts.acknowledged), ("overdue", counts.overdue), ("late", counts.late),
            ("lost", counts.lost), ("abandoned", counts.abandoned), ("bare", counts.withoutVitals),
            ("unknown", counts.unknownAcknowledgements),
        ]
        for (name, count) in all where count > 0 { words.append("\(name) \(count)") }
        let wait = machine.nextDeadline.map { ($0 - now).wholeNanoseconds / 1_000_000_000 }
        switch wait {
        case nil: words.append("asleep")
        case let seconds? where seconds < 0: words.append("due")
        case let seconds?: words.append(seconds > 10 ? "a pause" : "\(seconds) s")
        }
        return words.joined(separator: ", ")
    }

    mutating func deadline() -> String {
        if let next = machine.nextDeadline { now = max(now, next) }
        return switch machine.deadlineReached(now: now, &generator) {
        case .nothing: "nothing"
        case .read(let number): "read \(number)"
        case .sendWithoutVitals(let number): "send bare \(number)"
        case .overdue(let number): "overdue \(number)"
        case .lost(let number): "lost \(number)"
        }
    }

    mutating func vitals(_ number: UInt64) -> String {
        switch machine.vitalsRead(for: number, now: now, &generator) {
        case .send(let number): "send \(number)"
        case .ignore: "nothing"
        }
    }

    mutating func acknowledged(_ number: UInt64) -> String {
        switch machine.acknowledged(number, now: now) {
        case .inTime: "in time"
        case .late: "late"
        case .unknown: "unknown"
        }
    }

    struct State {
        let name: String
        let reach: (inout HeartbeatRig) -> Void
    }

    struct Event {
        let name: String
        let happen: (inout HeartbeatRig) -> String
    }

    private static func connect(_ rig: inout HeartbeatRig) {
        rig.machine.tunnelConnected(now: rig.now, &rig.generator)
    }

    private static func wait(_ rig: inout HeartbeatRig) {
        connect(&rig)
        _ = rig.deadline()
        _ = rig.vitals(1)
    }

    static var states: [State] {
        [
            State(name: "paused") { _ in },
            State(name: "resting") { connect(&$0) },
            State(name: "reading") { rig in
                connect(&rig)
                _ = rig.deadline()
            },
            State(name: "waiting") { wait(&$0) },
            State(name: "resting, one overdue") { rig in
                wait(&rig)
                _ = rig.deadline()
            },
            State(name: "waiting, one overdue") { rig in
                wait(&rig)
                _ = rig.deadline()
                _ = rig.deadline()
                _ = rig.vitals(2)
            },
            State(name: "stopped") { rig in
                wait(&rig)
                rig.machine.stop()
            },
        ]
    }

    static var events: [Event] {
        [
            Event(name: "tunnelConnected") { rig in
                connect(&rig)
                return "nothing"
            },
            Event(name: "tunnelLost") { rig in
                switch rig.machine.tunnelLost() {
                case .nothing: "nothing"
                case .lost(let count): "lost \(count)"
                }
            },
            Event(name: "too early") { rig in
                guard let next = rig.machine.nextDeadline, next > rig.now else { return "nothing" }
                return switch rig.machine.deadlineReached(now: rig.now, &rig.generator) {
                case .nothing: "nothing"
                default: "something"
                }
            },
            Event(name: "deadline") { $0.deadline() },
            Event(name: "vitals for 1") { $0.vitals(1) },
            Event(name: "vitals for 2") { $0.vitals(2) },
            Event(name: "not sent 1") { $0.machine.notSent(1) ? "lost 1" : "nothing" },
            Event(name: "acknowledged 1") { $0.acknowledged(1) },
            Event(name: "acknowledged 9") { $0.acknowledged(9) },
            Event(name: "stop") { rig in
                rig.machine.stop()
                return "nothing"
            },
        ]
    }

    static let table = """
        paused | tunnelConnected | nothing | sent 0, 0 s
        paused | acknowledged 1 | unknown | sent 0, unknown 1, asleep
        paused | acknowledged 9 | unknown | sent 0, unknown 1, asleep
        resting | tunnelLost | nothing | sent 0, asleep
        resting | deadline | read 1 | sent 0, 7 s
        resting | acknowledged 1 | unknown | sent 0, unknown 1, 0 s
        resting | acknowledged 9 | unknown | sent 0, unknown 1, 0 s
        resting | stop | nothing | sent 0, asleep
        reading | tunnelLost | nothing | sent 0, asleep
        reading | deadline | send bare 1 | sent 1, bare 1, 10 s
        reading | vitals for 1 | send 1 | sent 1, 10 s
        reading | acknowledged 1 | unknown | sent 0, unknown 1, 7 s
        reading | acknowledged 9 | unknown | sent 0, unknown 1, 7 s
        reading | stop | nothing | sent 0, asleep
        waiting | tunnelLost | lost 1 | sent 1, lost 1, asleep
        waiting | deadline | overdue 1 | sent 1, overdue 1, a pause
        waiting | not sent 1 | lost 1 | sent 1, lost 1, a pause
        waiting | acknowledged 1 | in time | sent 1, acknowledged 1, a pause
        waiting | acknowledged 9 | unknown | sent 1, unknown 1, 10 s
        waiting | stop | nothing | sent 1, abandoned 1, asleep
        resting, one overdue | tunnelLost | lost 1 | sent 1, overdue 1, lost 1, asleep
        resting, one overdue | deadline | read 2 | sent 1, overdue 1, 7 s
        resting, one overdue | acknowledged 1 | late | sent 1, overdue 1, late 1, a pause
        resting, one overdue | acknowledged 9 | unknown | sent 1, overdue 1, unknown 1, a pause
        resting, one overdue | stop | nothing | sent 1, overdue 1, abandoned 1, asleep
        waiting, one overdue | tunnelLost | lost 2 | sent 2, overdue 1, lost 2, asleep
        waiting, one overdue | deadline | overdue 2 | sent 2, overdue 2, a pause
        waiting, one overdue | acknowledged 1 | late | sent 2, overdue 1, late 1, 10 s
        waiting, one overdue | acknowledged 9 | unknown | sent 2, overdue 1, unknown 1, 10 s
        waiting, one overdue | stop | nothing | sent 2, overdue 1, abandoned 2, asleep
        stopped | acknowledged 1 | unknown | sent 1, abandoned 1, unknown 1, asleep
        stopped | acknowledged 9 | unknown | sent 1, abandoned 1, unknown 1, asleep
        """
}
