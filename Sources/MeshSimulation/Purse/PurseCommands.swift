package import MeshActors
internal import MeshCore
package import MeshWire

extension Purse {
    /// There is less than was asked for.
    package struct TooLittle: Error, Hashable {
        /// What there is.
        package let balance: Int64
    }

    /// Puts money in; the reply is what is in it since.
    package struct Deposit: Command, NumberCommand {
        package typealias Target = Purse
        package typealias Reply = Int64
        package typealias Refusal = NoRefusal
        package static var tag: UInt32 { 1 }
        /// How much, or how many milliseconds.
        package let number: Int64

        /// The command about `number`.
        package init(_ number: Int64) { self.number = number }

        package func decide(_ state: Purse, _ turn: inout Turn<Purse>) -> Int64 {
            turn.emit(.deposited(number))
            return state.balance + number
        }
    }

    /// Takes money out; the reply is what is left.
    package struct Withdraw: Command, NumberCommand {
        package typealias Target = Purse
        package typealias Reply = Int64
        package typealias Refusal = TooLittle
        package static var tag: UInt32 { 2 }
        /// How much, or how many milliseconds.
        package let number: Int64

        /// The command about `number`.
        package init(_ number: Int64) { self.number = number }

        package func decide(_ state: Purse, _ turn: inout Turn<Purse>) throws(TooLittle) -> Int64 {
            guard state.balance >= number else { throw TooLittle(balance: state.balance) }
            turn.emit(.withdrawn(number))
            return state.balance - number
        }
    }

    /// Takes money out and pays it out in the world; the reply is what is left.
    package struct Send: Command, NumberCommand {
        package typealias Target = Purse
        package typealias Reply = Int64
        package typealias Refusal = TooLittle
        package static var tag: UInt32 { 3 }
        /// How much, or how many milliseconds.
        package let number: Int64

        /// The command about `number`.
        package init(_ number: Int64) { self.number = number }

        package func decide(_ state: Purse, _ turn: inout Turn<Purse>) throws(TooLittle) -> Int64 {
            guard state.balance >= number else { throw TooLittle(balance: state.balance) }
            turn.emit(.sent(number))
            return state.balance - number
        }
    }

    /// Says that a payment has been made; the reply is what is in the purse.
    package struct Settle: Command {
        package typealias Target = Purse
        package typealias Reply = Int64
        package typealias Refusal = NoRefusal
        package static var tag: UInt32 { 4 }
        /// The event that asked for the payment.
        package let position: EventPosition

        /// The payment of the event at `position` has been made.
        package init(_ position: EventPosition) { self.position = position }

        package func decide(_ state: Purse, _ turn: inout Turn<Purse>) -> Int64 {
            guard state.payments[position] != nil else { return state.balance }
            turn.emit(.settled(PaymentPlace(head: position.head, index: position.index)))
            return state.balance
        }

        package func encode(into writer: inout WireWriter) { position.encode(into: &writer) }
        package init(from reader: inout WireReader) throws(WireError) { position = try EventPosition(from: &reader) }
    }

    /// Wants to ring in so many milliseconds; the reply is what is in the purse.
    package struct SetAlarm: Command, NumberCommand {
        package typealias Target = Purse
        package typealias Reply = Int64
        package typealias Refusal = NoRefusal
        package static var tag: UInt32 { 5 }
        /// How much, or how many milliseconds.
        package let number: Int64

        /// The command about `number`.
        package init(_ number: Int64) { self.number = number }

        package func decide(_ state: Purse, _ turn: inout Turn<Purse>) -> Int64 {
            turn.emit(.alarmSet(WallTime(millisecondsSince1970: turn.wallTime.millisecondsSince1970 + number)))
            return state.balance
        }
    }

    /// The alarm itself; the reply is what is in the purse.
    package struct Ring: Command, EmptyCommand {
        package typealias Target = Purse
        package typealias Reply = Int64
        package typealias Refusal = NoRefusal
        package static var tag: UInt32 { 6 }
        /// The only one.
        package init() {}

        package func decide(_ state: Purse, _ turn: inout Turn<Purse>) -> Int64 {
            if let alarm = state.alarm, alarm <= turn.wallTime { turn.emit(.rang) }
            return state.balance
        }
    }

    /// Asks what is in the purse.
    package struct Balance: Command, EmptyCommand {
        package typealias Target = Purse
        package typealias Reply = Int64
        package typealias Refusal = NoRefusal
        package static var tag: UInt32 { 7 }
        /// The only one.
        package init() {}

        package func decide(_ state: Purse, _ turn: inout Turn<Purse>) -> Int64 { state.balance }
    }
}

/// A command with one number.
protocol NumberCommand: WireCodable {
    var number: Int64 { get }
    init(_ number: Int64)
}

extension NumberCommand {
    /// The number alone.
    package func encode(into writer: inout WireWriter) { writer.write(number) }
    /// The command about the number that stands there.
    package init(from reader: inout WireReader) throws(WireError) { self.init(try reader.readInt64()) }
}

/// A command without content.
protocol EmptyCommand: WireCodable {
    init()
}

extension EmptyCommand {
    /// An empty record.
    package func encode(into writer: inout WireWriter) { writer.writeArrayHead(count: 0) }

    /// The command, if an empty record stands there.
    package init(from reader: inout WireReader) throws(WireError) {
        try reader.endRecord(reader.beginRecord(fields: 0))
        self.init()
    }
}

extension Purse.TooLittle: WireCodable {
    package func encode(into writer: inout WireWriter) { writer.write(balance) }
    package init(from reader: inout WireReader) throws(WireError) { balance = try reader.readInt64() }
}

/// Makes the payments of purses in the world outside.
package struct PursePerformer: EffectPerformer {
    private let outside: OutsideWorld
    private let gate: NodeGate

    /// The performer of the life behind `gate`.
    package init(outside: OutsideWorld, gate: NodeGate) {
        self.outside = outside
        self.gate = gate
    }

    package func perform(_ payment: Purse.Payment, _ context: EffectContext) async throws -> Purse.Settle {
        try await outside.pay(payment.amount, for: context.idempotencyKey, of: context.address, behind: gate)
        return Purse.Settle(context.position)
    }
}
