import MeshCore
import MeshTunnel
import Testing

/// Every state of the machine and every event that can meet it, each cell by name.
@Suite struct `Every state of a tunnel meets every event` {
    @Test func `and does what the table says`() throws {
        var rows: [String] = []
        for state in Self.states {
            for event in Self.events {
                var rig = TunnelRig { $0.hasSlowLane = !state.name.hasSuffix("for good") }
                try state.reach(&rig)
                let before = Self.look(rig)
                let action = event.happen(&rig)
                let after = Self.look(rig)
                guard action != "nothing" || before != after else { continue }
                rows.append("\(state.name) | \(event.name) | \(action) | \(after == before ? "same" : after)")
            }
        }
        let table = TunnelTable.text.split(separator: "\n").map(String.init)
        let missing = Set(table).subtracting(rows).sorted()
        let unexpected = Set(rows).subtracting(table).sorted()
        #expect(missing.isEmpty, "the table says, and it is not so:\n\(missing.joined(separator: "\n"))")
        #expect(unexpected.isEmpty, "the table does not say:\n\(unexpected.joined(separator: "\n"))")
        #expect(rows.count == table.count)
    }

    @Test func `and only legal moves come of it`() throws {
        for state in Self.states {
            for event in Self.events {
                var rig = TunnelRig { $0.hasSlowLane = !state.name.hasSuffix("for good") }
                try state.reach(&rig)
                let before = rig.phase
                _ = event.happen(&rig)
                if rig.phase != before { try before.checkMove(to: rig.phase) }
            }
        }
    }

    private static func look(_ rig: borrowing TunnelRig) -> String {
        let state = rig.machine.state
        var words = [state.phase.rawValue]
        switch state {
        case .connected(let connection):
            words.append("over \(connection.link.number)")
            if connection.isLeaving { words.append("leaving") }
            if rig.machine.isRenewing { words.append("renewing") }
        case .connecting(let attempt), .reconnecting(let attempt):
            words.append("\(attempt.number)")
            if attempt.startsAt != nil { words.append("paused") }
        case .failed(let failure):
            words.append("\(failure.reason)")
            if failure.triesAt == nil { words.append("for good") }
        case .disconnected: break
        }
        if let making = rig.machine.linkInMaking { words.append("making \(making.number)") }
        if !rig.machine.retiringLinks.isEmpty {
            words.append("retiring \(rig.machine.retiringLinks.map { String($0.number) }.joined(separator: "+"))")
        }
        return words.joined(separator: " ")
    }

    // MARK: The states

    struct Row: Sendable {
        let name: String
        let reach: @Sendable (inout TunnelRig) throws -> Void
    }

    static let states: [Row] = [
        Row(name: "disconnected") { _ in },
        Row(name: "connecting, dialling") { _ = try $0.machine.start(now: $0.now) },
        Row(name: "connecting, paused") { rig in
            _ = try rig.machine.start(now: rig.now)
            rig.fail(rig.making)
        },
        Row(name: "connecting, proving") { rig in
            _ = try rig.machine.start(now: rig.now)
            _ = rig.open()
        },
        Row(name: "connecting, asks again") { rig in
            _ = try rig.machine.start(now: rig.now)
            _ = rig.open()
            _ = rig.miss(rig.making)
        },
        Row(name: "connected, young") { try $0.connect() },
        Row(name: "connected, well") { rig in
            try rig.connect()
            rig.becomeWell()
        },
        Row(name: "connected, asked") { rig in
            try rig.connect()
            rig.becomeWell()
            _ = rig.wait()
        },
        Row(name: "connected, leaving") { rig in
            try rig.connect()
            rig.becomeWell()
            _ = rig.leave(rig.current)
        },
        Row(name: "connected, leaving, dialling") { rig in
            try rig.connect()
            rig.becomeWell()
            _ = rig.leave(rig.current)
            rig.waitForDial()
        },
        Row(name: "connected, leaving, proving") { rig in
            try rig.connect()
            rig.becomeWell()
            _ = rig.leave(rig.current)
            rig.waitForDial()
            _ = rig.open()
        },
        Row(name: "connected, renewing") { rig in
            try rig.connect()
            rig.becomeWell()
            _ = try rig.machine.renew(now: rig.now)
        },
        Row(name: "connected, renewing, proving") { rig in
            try rig.connect()
            rig.becomeWell()
            _ = try rig.machine.renew(now: rig.now)
            _ = rig.open()
        },
        Row(name: "connected, one retiring") { rig in
            try rig.connect()
            rig.becomeWell()
            _ = try rig.machine.renew(now: rig.now)
            _ = rig.open()
            _ = rig.answer(rig.making)
        },
        Row(name: "reconnecting, paused") { rig in
            try rig.connect()
            rig.becomeWell()
            rig.end(rig.current)
        },
        Row(name: "reconnecting, dialling") { rig in
            try rig.connect()
            rig.becomeWell()
            rig.end(rig.current)
            rig.waitForDial()
        },
        Row(name: "reconnecting, proving") { rig in
            try rig.connect()
            rig.becomeWell()
            rig.end(rig.current)
            rig.waitForDial()
            _ = rig.open()
        },
        Row(name: "failed, stopped") { rig in
            _ = try rig.machine.start(now: rig.now)
            _ = try rig.machine.stop()
        },
        Row(name: "failed, spent") { rig in
            _ = try rig.machine.start(now: rig.now)
            rig.fail(rig.making)
            for _ in 1..<10 {
                rig.waitForDial()
                rig.fail(rig.making)
            }
        },
        Row(name: "failed, not authenticated") { rig in
            _ = try rig.machine.start(now: rig.now)
            rig.fail(rig.making, .notAuthenticated)
        },
        Row(name: "failed, spent for good") { rig in
            _ = try rig.machine.start(now: rig.now)
            rig.fail(rig.making)
            for _ in 1..<10 {
                rig.waitForDial()
                rig.fail(rig.making)
            }
        },
    ]

    // MARK: The events

    struct Column: Sendable {
        let name: String
        let happen: @Sendable (inout TunnelRig) -> String
    }

    private static func words(_ action: some Any) -> String {
        switch action {
        case let dial as TunnelStateMachine.Dial:
            let former = dial.insteadOf.map { " instead of \($0.number)" } ?? ""
            return "dial \(dial.link.number)\(former)\(dial.goal == .sameHub ? " to the same hub" : "")"
        case let probe as TunnelStateMachine.Probe: return "probe \(probe.link.number)"
        case let link as LinkID: return "\(link.number)"
        default:
            let mirror = Mirror(reflecting: action)
            guard mirror.displayStyle == .enum, let child = mirror.children.first, let label = child.label else {
                return "\(action)"
            }
            let inner = words(child.value)
            return inner.hasPrefix(label) ? inner : "\(label) \(inner)"
        }
    }

    private static func attempt(_ body: () throws -> some Any) -> String {
        do { return words(try body()) } catch { return "error \((error as? TunnelError)?.code.rawValue ?? "?")" }
    }

    static let events: [Column] = [
        Column(name: "start") { rig in attempt { try rig.machine.start(now: rig.now) } },
        Column(name: "stop") { rig in attempt { try rig.machine.stop() } },
        Column(name: "reconnect now") { rig in attempt { try rig.machine.reconnectNow(now: rig.now) } },
        Column(name: "renew") { rig in attempt { try rig.machine.renew(now: rig.now) } },
        Column(name: "attempt fails") { rig in
            rig.fail(rig.making)
            return "nothing"
        },
        Column(name: "attempt is not authenticated") { rig in
            rig.fail(rig.making, .notAuthenticated)
            return "nothing"
        },
        Column(name: "node is stopping") { rig in
            rig.fail(rig.making, .stopping)
            return "nothing"
        },
        Column(name: "former attempt fails") { rig in
            rig.fail(TunnelRig.stale, .notAuthenticated)
            return "nothing"
        },
        Column(name: "link opens") { rig in words(rig.open()) },
        Column(name: "former link opens") { rig in
            words(rig.machine.linkOpened(TunnelRig.stale, hub: TunnelRig.hub, isResumed: true, now: rig.now))
        },
        Column(name: "hub answers over current") { rig in words(rig.answer(rig.current)) },
        Column(name: "hub answers over new") { rig in words(rig.answer(rig.making)) },
        Column(name: "hub answers over former") { rig in words(rig.answer(TunnelRig.stale)) },
        Column(name: "probe of current fails at once") { rig in words(rig.miss(rig.current)) },
        Column(name: "probe of current fails late") { rig in
            rig.now = rig.now + .seconds(5)
            return words(rig.miss(rig.current))
        },
        Column(name: "probe of new fails at once") { rig in words(rig.miss(rig.making)) },
        Column(name: "probe of new fails late") { rig in
            rig.now = rig.now + .seconds(5)
            return words(rig.miss(rig.making))
        },
        Column(name: "current leaves") { rig in words(rig.leave(rig.current)) },
        Column(name: "new leaves") { rig in words(rig.leave(rig.making)) },
        Column(name: "former leaves") { rig in words(rig.leave(TunnelRig.stale)) },
        Column(name: "current ends") { rig in
            rig.end(rig.current)
            return "nothing"
        },
        Column(name: "new ends") { rig in
            rig.end(rig.making)
            return "nothing"
        },
        Column(name: "retiring ends") { rig in
            rig.end(rig.machine.retiringLinks.first ?? TunnelRig.stale)
            return "nothing"
        },
        Column(name: "addresses change") { rig in words(rig.machine.addressesChanged(now: rig.now)) },
        Column(name: "addresses change later") { rig in
            rig.now = rig.now + .seconds(1)
            return words(rig.machine.addressesChanged(now: rig.now))
        },
        Column(name: "too early") { rig in
            rig.now = Instant(nanoseconds: 0)
            return words(rig.machine.deadlineReached(now: rig.now, &rig.generator))
        },
        Column(name: "deadline") { rig in words(rig.wait()) },
        Column(name: "two minutes pass") { rig in
            rig.now = rig.now + .seconds(121)
            return words(rig.machine.deadlineReached(now: rig.now, &rig.generator))
        },
    ]
}
