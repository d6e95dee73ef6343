package import MeshActors
package import MeshCore
internal import MeshWire

/// What the journal says about one account, worked out without the runtime.
package struct AccountMirror: Sendable {
    /// The balance after each entry so far; the first is that of an empty journal.
    package private(set) var balances: [Int64] = [0]

    /// Payments that were asked for, and whether they are known to be made.
    package private(set) var payments: [EventPosition: (amount: Int64, isSettled: Bool)] = [:]

    /// When it wants to be woken.
    package private(set) var alarm: WallTime?

    /// The balance after each command.
    package private(set) var results: [CommandID: Int64] = [:]

    /// The entry of each command; of several the last.
    package private(set) var places: [CommandID: Head] = [:]

    /// Nothing yet.
    package init() {}

    /// What its journal comes to.
    package var balance: Int64 { balances[balances.count - 1] }

    /// How many entries there are.
    package var head: Head { Head(rawValue: UInt64(balances.count - 1)) }

    /// The entry of the first payment that is not known to be made.
    package var firstOpenPayment: Head? { payments.filter { !$0.value.isSettled }.map(\.key.head).min() }

    /// Takes one entry in; returns what is wrong with it.
    package mutating func add(_ entry: JournalEntry) -> String? {
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
        places[entry.command] = here
        return balance < 0 ? "the balance is \(balance)" : nil
    }
}
