import MeshActors
import MeshCore
import MeshIdentity
import MeshTestKit
import MeshWire
import Testing

/// A journaled value without its actor: commands are decided one after another, and every event is kept as bytes.
struct Ground<Value: Journaled & Equatable> {
    private(set) var value = Value(key: "test")
    private(set) var journal: [[UInt8]] = []
    var now = Sample.now

    /// Decides `command`, sent as bytes, and takes its events in.
    @discardableResult
    mutating func perform<C: Command>(_ command: C) throws(C.Refusal) -> C.Reply where C.Target == Value {
        guard let sent = try? C(wireBytes: command.wireBytes) else {
            Issue.record("the command \(command) does not survive the wire")
            return try perform(unsent: command)
        }
        return try perform(unsent: sent)
    }

    private mutating func perform<C: Command>(unsent command: C) throws(C.Refusal) -> C.Reply where C.Target == Value {
        var turn = Turn<Value>(clock: VirtualClock(wallTime: now))
        let reply = try command.decide(value, &turn)
        for event in turn.events {
            value.apply(event, at: EventPosition(head: Head(rawValue: UInt64(journal.count + 1)), index: 0))
            journal.append(event.wireBytes)
        }
        return reply
    }

    mutating func pass(_ duration: Duration) { now = now.moved(by: duration) }

    /// The events as bytes give the same value, and so does the snapshot, byte for byte.
    func checkReplay() throws {
        var replayed = Value(key: "test")
        for (index, bytes) in journal.enumerated() {
            let event = try Value.Event(wireBytes: bytes)
            #expect(event.wireBytes == bytes)
            replayed.apply(event, at: EventPosition(head: Head(rawValue: UInt64(index + 1)), index: 0))
        }
        #expect(replayed == value)
        #expect(replayed.wireBytes == value.wireBytes)
        #expect(try Value(wireBytes: value.wireBytes) == value)
    }
}

/// Names and numbers that the tests share.
enum Sample {
    static let now = WallTime(millisecondsSince1970: 1_800_000_000_000)

    static func identity(_ node: String = "laptop-7", of tenant: String = "acme", _ role: NodeRole = .edge)
        -> NodeIdentity
    {
        do {
            return NodeIdentity(tenant: try TenantID(tenant), role: role, node: try NodeID(node))
        } catch {
            preconditionFailure("our own names are names")
        }
    }

    static func key(_ number: UInt64) -> SHA256Digest { SHA256.digest(Array("key \(number)".utf8)) }

    static func token(_ number: UInt64) -> UniqueID { UniqueID(high: number, low: 7) }

    static func tokenKey(_ byte: UInt8 = 1) throws -> TokenKey {
        let bytes = [UInt8](repeating: byte, count: TokenKey.byteCount)
        return try #require(bytes.withUnsafeBytes { TokenKey(copying: $0) })
    }

    static func claims(
        node: String? = nil,
        of tenant: String = "acme",
        _ role: NodeRole = .edge,
        issued: WallTime = now,
        life: Duration = .seconds(600)
    ) throws -> EnrolmentClaims {
        try EnrolmentClaims(
            tenant: try TenantID(tenant),
            role: role,
            node: try node.map { try NodeID($0) },
            issued: issued,
            life: life,
            tokenID: token(1),
            authority: key(99)
        )
    }
}
