package import MeshActors
package import MeshCore
package import MeshWire

/// The value that simulated worlds use: money, payments as effects, and an alarm.
///
/// A sample; nothing ships it.
package struct Purse: Hashable, Sendable {
    /// What is in it.
    package private(set) var balance: Int64 = 0

    /// Payments that are not known to be made, by the event that asked for them.
    package private(set) var payments: [EventPosition: Int64] = [:]

    /// When it wants to ring.
    package private(set) var alarm: WallTime?

    /// A payment of so much.
    package struct Payment: Hashable, Sendable {
        /// How much.
        package let amount: Int64
    }
}

extension Purse: Journaled {
    /// One change.
    package typealias Event = PurseEvent
    /// What is to be done in the world.
    package typealias Effect = Payment

    package static var kind: ActorKind { .purse }

    package static var commands: CommandTable<JournaledActor<Purse>> {
        CommandTable().accepting(Deposit.self).accepting(Withdraw.self).accepting(Send.self).accepting(Settle.self)
            .accepting(SetAlarm.self).accepting(Ring.self).accepting(Balance.self)
    }

    package init(key: String) {}

    package mutating func apply(_ event: PurseEvent, at position: EventPosition) {
        switch event {
        case .deposited(let amount): balance += amount
        case .withdrawn(let amount): balance -= amount
        case .sent(let amount):
            balance -= amount
            payments[position] = amount
        case .settled(let place): payments[EventPosition(head: place.head, index: place.index)] = nil
        case .alarmSet(let time): alarm = time
        case .rang: alarm = nil
        }
    }

    package var pendingEffects: [PendingEffect<Payment>] {
        payments.sorted { $0.key < $1.key }.map { PendingEffect(at: $0.key, Payment(amount: $0.value)) }
    }

    package var nextAlarm: Alarm<Purse>? { alarm.map { Alarm(at: $0, Ring()) } }
}

extension Purse: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        writer.write(balance)
        writer.writeArrayHead(count: payments.count)
        for (position, amount) in payments.sorted(by: { $0.key < $1.key }) {
            writer.writeArrayHead(count: 2)
            position.encode(into: &writer)
            writer.write(amount)
        }
        writer.write(alarm?.millisecondsSince1970 ?? Self.noAlarm)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        balance = try reader.readInt64()
        for _ in 0..<(try reader.beginArray()) {
            let pair = try reader.beginRecord(fields: 2)
            let position = try EventPosition(from: &reader)
            payments[position] = try reader.readInt64()
            try reader.endRecord(pair)
        }
        reader.endNesting()
        let time = try reader.readInt64()
        alarm = time == Self.noAlarm ? nil : WallTime(millisecondsSince1970: time)
        try reader.endRecord(tail)
    }

    private static var noAlarm: Int64 { .min }
}
