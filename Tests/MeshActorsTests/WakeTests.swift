import MeshActors
import MeshCheck
import MeshCore
import MeshTestKit
import MeshWire
import Testing

@Suite struct `Actors that wake by themselves` {
    @Test func `an alarm that is a day behind catches up by ringing for every hour`() throws {
        try forSeeds(1...3) { mesh in
            let hours = 24
            let clock = mesh.world.clock
            let kinds = [HostedKind.journaled(HourGlass.self)]
            let first = try mesh.node("one", kinds: kinds)
            try await mesh.running(first) {
                _ = try await first.actor(HourGlass.self, "a").call(HourGlass.Turn(isFirst: true))
            }
            try await clock.sleep(for: .seconds(3_600 * hours + 1))
            let second = try mesh.node("one", incarnation: 2, kinds: kinds)
            try await mesh.running(second) {
                try await clock.sleep(for: .seconds(hours))
                let account = try second.actor(HourGlass.self, "a")
                try check(try await account.call(HourGlass.Look()) == UInt64(hours), "it has not caught up")
                try check(second.counts.alarmFailures == 0, "\(second.counts)")
                try check(second.counts.alarmsAbandoned == 0, "\(second.counts)")
            }
        }
    }

    @Test func `an actor whose effect fails for ever is woken and tried more and more seldom`() throws {
        try forSeeds(1...3) { mesh in
            mesh.bank.state.withLock { $0.failures = .max }
            let node = try mesh.node("one") { $0.idleTime = .seconds(3) }
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                _ = try await account.call(SampleAccount.Deposit(amount: 10))
                _ = try await account.call(SampleAccount.Transfer(amount: 4, to: "b"))
                try await mesh.world.clock.sleep(for: .seconds(3_600))
                // Once for the call, once after each doubling, then once in the longest pause.
                let bound = 1 + 9 + Int(.seconds(3_600) / Limits.Alarms.longestPause)
                try check(node.counts.activations <= bound, "\(node.counts)")
                let attempts = mesh.bank.state.withLock { $0.attempts }
                try check(attempts <= bound * Limits.Effects.maximumAttempts, "\(attempts) tries")
                try check(node.counts.alarmFailures == 0, "\(node.counts)")
                mesh.bank.state.withLock { $0.failures = 0 }
                try await mesh.world.clock.sleep(for: Limits.Alarms.longestPause + .seconds(1))
                try check(mesh.bank.state.withLock { $0.done.count } == 1, "it was given up")
            }
        }
    }

    @Test func `an alarm rings in time though an effect has failed for long`() throws {
        try forSeeds(1...3) { mesh in
            mesh.bank.state.withLock { $0.failures = .max }
            let node = try mesh.node("one") { $0.idleTime = .seconds(3) }
            try await mesh.running(node) {
                let clock = mesh.world.clock
                let account = try node.actor(SampleAccount.self, "a")
                _ = try await account.call(SampleAccount.Deposit(amount: 10))
                _ = try await account.call(SampleAccount.Transfer(amount: 4, to: "b"))
                try await clock.sleep(for: .seconds(1_700))
                let time = clock.wallTime.millisecondsSince1970 + 60_000
                _ = try await account.call(SampleAccount.Remind(amount: time))
                try await clock.sleep(for: .seconds(62))
                try check(try await account.call(SampleAccount.Reminded()) == 1, "the alarm waits for the effect")
            }
        }
    }
}

/// Rings every hour, one hour after the other, however late it is.
private struct HourGlass: Journaled, Hashable {
    static let kind = ActorKind("hour-glass")
    static var commands: CommandTable<JournaledActor<HourGlass>> { CommandTable().accepting(Turn.self) }

    private var next: WallTime?
    private var turns: UInt64 = 0

    init(key: String) {}

    mutating func apply(_ event: Turned, at position: EventPosition) {
        if next != nil { turns += 1 }
        next = WallTime(millisecondsSince1970: event.next)
    }

    var nextAlarm: Alarm<HourGlass>? { next.map { Alarm(at: $0, Turn(isFirst: false)) } }

    func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        next.map(\.millisecondsSince1970).encode(into: &writer)
        writer.write(turns)
    }

    init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        next = try Int64?(from: &reader).map(WallTime.init(millisecondsSince1970:))
        turns = try reader.readUInt64()
        try reader.endRecord(tail)
    }

    struct Turned: WireCodable, Hashable {
        let next: Int64

        init(next: Int64) { self.next = next }
        func encode(into writer: inout WireWriter) { writer.write(next) }
        init(from reader: inout WireReader) throws(WireError) { next = try reader.readInt64() }
    }

    struct Turn: Command {
        typealias Reply = Done
        typealias Refusal = NoRefusal

        static let tag: UInt32 = 1
        let isFirst: Bool

        init(isFirst: Bool) { self.isFirst = isFirst }

        func decide(_ state: HourGlass, _ turn: inout MeshActors.Turn<HourGlass>) -> Done {
            let last = state.next ?? turn.wallTime
            turn.emit(Turned(next: last.millisecondsSince1970 + 3_600_000))
            return Done()
        }

        func encode(into writer: inout WireWriter) { isFirst.encode(into: &writer) }
        init(from reader: inout WireReader) throws(WireError) { isFirst = try Bool(from: &reader) }
    }

    struct Look: Command, SampleEmpty {
        typealias Reply = UInt64
        typealias Refusal = NoRefusal

        static let tag: UInt32 = 2

        func decide(_ state: HourGlass, _ turn: inout MeshActors.Turn<HourGlass>) -> UInt64 { state.turns }
    }
}
