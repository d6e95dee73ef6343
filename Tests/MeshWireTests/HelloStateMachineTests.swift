import MeshCore
import MeshWire
import Testing

/// Every state with every event, and what is agreed on.
@Suite struct `The exchange of hellos` {
    private static let deadline = Instant.origin + Limits.Hello.patience
    private let edge: Hello
    private let hub: Hello

    init() throws {
        edge = Hello(role: .edge, node: try NodeID("edge-1"), software: "test", features: [Feature(rawValue: 1)])
        hub = Hello(
            role: .hub,
            node: try NodeID("hub-1"),
            software: "test",
            maximumPayloadBytes: 70_000,
            features: [Feature(rawValue: 1), Feature(rawValue: 2)]
        )
    }

    private func waiting() -> HelloStateMachine { HelloStateMachine(local: edge, deadline: Self.deadline) }

    private func agreed() -> HelloStateMachine {
        var machine = waiting()
        _ = machine.helloReceived(hub)
        return machine
    }

    private func refused() -> HelloStateMachine {
        var machine = waiting()
        _ = machine.frameReceived()
        return machine
    }

    @Test func `waiting: a hello begins the conversation`() {
        var machine = waiting()
        #expect(machine.nextDeadline == Self.deadline)
        let action = machine.helloReceived(hub)
        guard case .begin(let agreement) = action else {
            Issue.record("\(action)")
            return
        }
        #expect(agreement.version == .one && agreement.peer == hub)
        #expect(agreement.features == [Feature(rawValue: 1)])
        #expect(agreement.maximumPayloadBytes == 70_000)
        #expect(machine.nextDeadline == nil)
    }

    @Test func `waiting: any other frame is refused`() {
        var machine = waiting()
        let action = machine.frameReceived()
        #expect(action == .refuse(.helloViolation) && machine.nextDeadline == nil)
    }

    @Test func `waiting: the deadline refuses, but not before its time`() {
        var machine = waiting()
        let early = machine.deadlineReached(now: Self.deadline + .nanoseconds(-1))
        #expect(early == .ignore && machine.nextDeadline == Self.deadline)
        let due = machine.deadlineReached(now: Self.deadline)
        #expect(due == .refuse(.helloViolation) && machine.nextDeadline == nil)
    }

    @Test func `agreed: frames pass, a second hello is refused, the deadline means nothing`() {
        var machine = agreed()
        let frame = machine.frameReceived()
        let late = machine.deadlineReached(now: Self.deadline + .seconds(1))
        let again = machine.frameReceived()
        let hello = machine.helloReceived(hub)
        #expect(frame == .accept && late == .ignore && again == .accept && hello == .refuse(.helloViolation))
        let after = machine.frameReceived()
        #expect(after == .ignore)
    }

    @Test func `refused: nothing is acted on any more`() {
        var machine = refused()
        let hello = machine.helloReceived(hub)
        let frame = machine.frameReceived()
        let late = machine.deadlineReached(now: Self.deadline)
        #expect(hello == .ignore && frame == .ignore && late == .ignore && machine.nextDeadline == nil)
    }

    @Test func `two edges have nothing to say to each other`() {
        var machine = waiting()
        let action = machine.helloReceived(edge)
        #expect(action == .refuse(.helloViolation))
    }

    @Test func `without a common version there is no conversation`() {
        let newer = VersionRange(lowest: ProtocolVersion(rawValue: 2), highest: ProtocolVersion(rawValue: 5))
        var machine = waiting()
        let action = machine.helloReceived(Hello(versions: newer, role: .hub, node: hub.node, software: ""))
        #expect(action == .refuse(.incompatibleVersion))
    }

    @Test func `a peer that reads more than our largest frame changes nothing`() {
        var machine = waiting()
        let action = machine.helloReceived(
            Hello(role: .hub, node: hub.node, software: "", maximumPayloadBytes: .max)
        )
        guard case .begin(let agreement) = action else {
            Issue.record("\(action)")
            return
        }
        #expect(agreement.maximumPayloadBytes == Limits.Frame.maximumPayloadBytes)
    }

    @Test(arguments: 1...4, 1...4)
    func `the version is the newest of both, from whichever side one looks`(lowest: Int, highest: Int) {
        guard lowest <= highest else { return }
        func range(_ lowest: Int, _ highest: Int) -> VersionRange {
            VersionRange(
                lowest: ProtocolVersion(rawValue: UInt16(lowest)),
                highest: ProtocolVersion(rawValue: UInt16(highest))
            )
        }
        let ours = range(2, 3)
        let theirs = range(lowest, highest)
        let common = Set(2...3).intersection(lowest...highest).max().map { ProtocolVersion(rawValue: UInt16($0)) }
        #expect(ours.newestCommon(with: theirs) == common)
        #expect(theirs.newestCommon(with: ours) == common)
    }
}

@Suite struct `A hello's bounds` {
    private func hello(features: Int = 0, software: String = "", payload: Int = Limits.Frame.minimumStatedPayloadBytes)
        throws
        -> Hello
    {
        Hello(
            role: .hub,
            node: try NodeID("hub-1"),
            software: software,
            maximumPayloadBytes: UInt32(payload),
            features: Set((0..<UInt32(features)).map(Feature.init(rawValue:)))
        )
    }

    @Test func `the largest hello fits its frame and comes back`() throws {
        let software = String(repeating: "x", count: Limits.Hello.maximumSoftwareBytes)
        let largest = try hello(features: Limits.Hello.maximumFeatures, software: software)
        var writer = WireWriter()
        try writer.writeFrame(.hello, largest)
        #expect(try FrameDecoder.frames(of: writer.array).first?.decode() == largest)
    }

    @Test func `a long name of software is cut`() throws {
        let long = try hello(software: String(repeating: "é", count: 100))
        #expect(long.software.utf8.count == Limits.Hello.maximumSoftwareBytes)
    }
}
