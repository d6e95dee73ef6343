package import MeshActors
package import MeshCore
package import MeshWire

/// An account that any test of actors can use: deposits, withdrawals, transfers by effect, and a reminder by alarm.
package struct SampleAccount: Journaled, Hashable {
    package static let kind = ActorKind("sample-account")

    package static var commands: CommandTable<JournaledActor<SampleAccount>> {
        CommandTable()
            .accepting(Deposit.self)
            .accepting(Withdraw.self)
            .accepting(Balance.self)
            .accepting(Transfer.self)
            .accepting(TransferDone.self)
            .accepting(Remind.self)
            .accepting(Reminded.self)
    }

    /// What it holds.
    package private(set) var balance: Int64 = 0

    /// Transfers that are not known to be done.
    package private(set) var transfers: [OpenTransfer] = []

    /// When it wants to be reminded.
    package private(set) var reminder: WallTime?

    /// How often it has been reminded.
    package private(set) var reminders: UInt64 = 0

    package init(key: String) {}

    /// Money on its way to another account.
    package struct OpenTransfer: Hashable, Sendable {
        /// The event that began it.
        package let position: EventPosition
        /// How much.
        package let amount: Int64
        /// The key of the account that gets it.
        package let recipient: String
    }

    /// One change.
    package enum Event: Hashable, Sendable {
        case deposited(Int64)
        case withdrawn(Int64)
        case transferBegun(Int64, recipient: String)
        case transferEnded(EventPosition)
        case reminderSet(WallTime)
        case reminded
    }

    package mutating func apply(_ event: Event, at position: EventPosition) {
        switch event {
        case .deposited(let amount): balance += amount
        case .withdrawn(let amount): balance -= amount
        case .transferBegun(let amount, let recipient):
            balance -= amount
            transfers.append(OpenTransfer(position: position, amount: amount, recipient: recipient))
        case .transferEnded(let position): transfers.removeAll { $0.position == position }
        case .reminderSet(let time): reminder = time
        case .reminded:
            reminder = nil
            reminders += 1
        }
    }

    package var pendingEffects: [PendingEffect<OpenTransfer>] {
        transfers.map { PendingEffect(at: $0.position, $0) }
    }

    package var nextAlarm: Alarm<SampleAccount>? { reminder.map { Alarm(at: $0, Reminded()) } }
}

extension SampleAccount {
    /// Writes the snapshot.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 4)
        writer.write(balance)
        transfers.encode(into: &writer)
        reminder.map(\.millisecondsSince1970).encode(into: &writer)
        writer.write(reminders)
    }

    /// Reads the snapshot.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 4)
        balance = try reader.readInt64()
        transfers = try [OpenTransfer](from: &reader)
        reminder = try Int64?(from: &reader).map(WallTime.init(millisecondsSince1970:))
        reminders = try reader.readUInt64()
        try reader.endRecord(tail)
    }
}

extension SampleAccount {
    /// Why money stays where it is.
    package enum Refusal: Error, Hashable, WireCodable {
        /// There is only so much.
        case insufficient(balance: Int64)

        package func encode(into writer: inout WireWriter) {
            switch self {
            case .insufficient(let balance):
                writer.writeArrayHead(count: 2)
                writer.write(UInt64(0))
                writer.write(balance)
            }
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            guard try reader.readUInt64() == 0 else { throw WireError(.invalidValue, "no such refusal") }
            self = .insufficient(balance: try reader.readInt64())
            try reader.endRecord(tail)
        }
    }

    /// Adds money; replies with the balance.
    package struct Deposit: Command, SampleAmount {
        package typealias Reply = Int64
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 1
        /// How much.
        package let amount: Int64

        /// One of `amount`.
        package init(amount: Int64) { self.amount = amount }

        package func decide(_ state: SampleAccount, _ turn: inout Turn<SampleAccount>) -> Int64 {
            turn.emit(.deposited(amount))
            return state.balance + amount
        }
    }

    /// Takes money; replies with the balance.
    package struct Withdraw: Command, SampleAmount {
        package typealias Reply = Int64
        package typealias Refusal = SampleAccount.Refusal

        package static let tag: UInt32 = 2
        /// How much.
        package let amount: Int64

        /// One of `amount`.
        package init(amount: Int64) { self.amount = amount }

        package func decide(
            _ state: SampleAccount,
            _ turn: inout Turn<SampleAccount>
        ) throws(SampleAccount.Refusal) -> Int64 {
            guard state.balance >= amount else { throw .insufficient(balance: state.balance) }
            turn.emit(.withdrawn(amount))
            return state.balance - amount
        }
    }

    /// Asks for the balance.
    package struct Balance: Command, SampleEmpty {
        package typealias Reply = Int64
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 3

        /// The only one.
        package init() {}

        package func decide(_ state: SampleAccount, _ turn: inout Turn<SampleAccount>) -> Int64 { state.balance }
    }

    /// Sends money to another account after the commit; replies with the balance.
    package struct Transfer: Command {
        package typealias Reply = Int64
        package typealias Refusal = SampleAccount.Refusal

        package static let tag: UInt32 = 4
        /// How much.
        package let amount: Int64
        /// The key of the account that gets it.
        package let recipient: String

        /// One of `amount` for `recipient`.
        package init(amount: Int64, to recipient: String) {
            self.amount = amount
            self.recipient = recipient
        }

        package func decide(
            _ state: SampleAccount,
            _ turn: inout Turn<SampleAccount>
        ) throws(SampleAccount.Refusal) -> Int64 {
            guard state.balance >= amount else { throw .insufficient(balance: state.balance) }
            turn.emit(.transferBegun(amount, recipient: recipient))
            return state.balance - amount
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 2)
            writer.write(amount)
            writer.write(recipient)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            amount = try reader.readInt64()
            recipient = try reader.readText()
            try reader.endRecord(tail)
        }
    }

    /// The completion of a transfer; replies with how many are still open.
    package struct TransferDone: Command {
        package typealias Reply = Int64
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 5
        /// The event that began it.
        package let position: EventPosition

        /// The end of the transfer that began at `position`.
        package init(position: EventPosition) { self.position = position }

        package func decide(_ state: SampleAccount, _ turn: inout Turn<SampleAccount>) -> Int64 {
            guard state.transfers.contains(where: { $0.position == position }) else {
                return Int64(state.transfers.count)
            }
            turn.emit(.transferEnded(position))
            return Int64(state.transfers.count - 1)
        }

        package func encode(into writer: inout WireWriter) { position.encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) { position = try EventPosition(from: &reader) }
    }

    /// Asks to be reminded at a time, in milliseconds since 1970; replies with the balance.
    package struct Remind: Command, SampleAmount {
        package typealias Reply = Int64
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 6
        /// How much.
        package let amount: Int64

        /// One of `amount`.
        package init(amount: Int64) { self.amount = amount }

        package func decide(_ state: SampleAccount, _ turn: inout Turn<SampleAccount>) -> Int64 {
            turn.emit(.reminderSet(WallTime(millisecondsSince1970: amount)))
            return state.balance
        }
    }

    /// The alarm itself; sent by hand it asks how often the account has been reminded.
    package struct Reminded: Command, SampleEmpty {
        package typealias Reply = Int64
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 7

        /// The only one.
        package init() {}

        package func decide(_ state: SampleAccount, _ turn: inout Turn<SampleAccount>) -> Int64 {
            guard let reminder = state.reminder, reminder <= turn.wallTime else { return Int64(state.reminders) }
            turn.emit(.reminded)
            return Int64(state.reminders) + 1
        }
    }
}

/// A command that is one number.
package protocol SampleAmount: WireCodable {
    init(amount: Int64)
    var amount: Int64 { get }
}

extension SampleAmount {
    /// Writes it.
    package func encode(into writer: inout WireWriter) { amount.encode(into: &writer) }

    /// Reads it.
    package init(from reader: inout WireReader) throws(WireError) { self.init(amount: try reader.readInt64()) }
}

/// A command without fields.
package protocol SampleEmpty: WireCodable { init() }

extension SampleEmpty {
    /// Writes it.
    package func encode(into writer: inout WireWriter) { writer.writeArrayHead(count: 0) }

    /// Reads it.
    package init(from reader: inout WireReader) throws(WireError) {
        try reader.endRecord(reader.beginRecord(fields: 0))
        self.init()
    }
}
