internal import MeshActors
internal import MeshCore
internal import MeshTestKit
internal import MeshWire

/// What the journal says about one account, worked out without the runtime.
struct AccountMirror: Sendable {
    /// The balance after each entry so far; the first is that of an empty journal.
    private(set) var balances: [Int64] = [0]

    /// Payments that were asked for, and whether they are known to be made.
    private(set) var payments: [EventPosition: (amount: Int64, isSettled: Bool)] = [:]

    /// When it wants to be woken.
    private(set) var alarm: WallTime?

    /// The balance after each command.
    private(set) var results: [CommandID: Int64] = [:]

    /// What its journal comes to.
    var balance: Int64 { balances[balances.count - 1] }

    /// How many entries there are.
    var head: Head { Head(rawValue: UInt64(balances.count - 1)) }

    /// The entry of the first payment that is not known to be made.
    var firstOpenPayment: Head? { payments.filter { !$0.value.isSettled }.map(\.key.head).min() }

    /// Takes one entry in; returns what is wrong with it.
    mutating func add(_ entry: JournalEntry) -> String? {
        var balance = balance
        let here = head.advanced(by: 1)
        for (index, bytes) in entry.events.enumerated() {
            guard let event = try? SampleAccount.Event(wireBytes: bytes) else { return "an event cannot be read" }
            switch event {
            case .deposited(let amount): balance += amount
            case .withdrawn(let amount): balance -= amount
            case .transferBegun(let amount, _):
                balance -= amount
                payments[EventPosition(head: here, index: index)] = (amount, false)
            case .transferEnded(let position):
                guard payments[position]?.isSettled == false else { return "a payment is settled twice, or unknown" }
                payments[position]?.isSettled = true
            case .reminderSet(let time): alarm = time
            case .reminded: alarm = nil
            }
        }
        balances.append(balance)
        results[entry.command] = balance
        return balance < 0 ? "the balance is \(balance)" : nil
    }
}
