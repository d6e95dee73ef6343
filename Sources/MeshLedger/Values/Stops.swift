package import MeshCore
package import MeshWire

/// For what an account may not use what costs money: reasons that stand beside each other.
///
/// Each ends by itself. Whoever pays one invoice has not paid another one, and whoever was stopped by hand while
/// something was unpaid still has it to pay when the hand lets go.
package struct Stops: Hashable, Sendable {
    /// Whether it owes as much as it may.
    package private(set) var isAtCeiling = false

    /// Whether somebody has stopped it.
    package private(set) var isStopped = false

    /// Invoices whose payment failed, the oldest first; "" stands for what was told without a name.
    package private(set) var unpaid: [String] = []

    /// What has stopped it under an id, so that the same told again does not; the oldest first.
    package private(set) var known: [UniqueID] = []

    /// The name of what was told without one: by hand, or before invoices were named.
    package static let unnamed = ""

    /// None.
    package init() {}

    /// The reason that is told to whoever asks: the one that is hardest to end.
    package var worst: Suspension? {
        if isStopped { return .operatorStop }
        if !unpaid.isEmpty { return .paymentFailed }
        return isAtCeiling ? .ceiling : nil
    }

    /// Whether it is stopped for `reason`.
    package func has(_ reason: Suspension) -> Bool {
        switch reason {
        case .ceiling: isAtCeiling
        case .paymentFailed: !unpaid.isEmpty
        case .operatorStop: isStopped
        }
    }

    /// Whether as many invoices are unpaid as have a name here, and `invoice` is none of them.
    func hasNoRoom(for invoice: String) -> Bool {
        !unpaid.contains(invoice) && unpaid.count { $0 != Self.unnamed } >= Limits.Ledger.maximumUnpaidInvoices
    }

    mutating func begin(_ reason: Suspension) {
        switch reason {
        case .ceiling: isAtCeiling = true
        case .paymentFailed: owe(Self.unnamed)
        case .operatorStop: isStopped = true
        }
    }

    mutating func end(_ reason: Suspension) {
        switch reason {
        case .ceiling: isAtCeiling = false
        case .paymentFailed: unpaid = []
        case .operatorStop: isStopped = false
        }
    }

    /// All of them, as accounts ended them that had room for one.
    mutating func endAll() {
        for reason in Suspension.allCases { end(reason) }
    }

    mutating func take(_ stop: Ledger.Stop) {
        if let invoice = stop.invoice { owe(invoice) } else { begin(.operatorStop) }
        if known.count >= Limits.Ledger.maximumKnownStops { known.removeFirst() }
        known.append(stop.id)
    }

    /// `invoice` does not stop it any more.
    mutating func end(invoice: String) { unpaid.removeAll { $0 == invoice } }

    private mutating func owe(_ invoice: String) {
        if !unpaid.contains(invoice) { unpaid.append(invoice) }
    }
}

extension Stops: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 4)
        writer.write(isAtCeiling)
        writer.write(isStopped)
        unpaid.encode(into: &writer)
        known.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 4)
        isAtCeiling = try reader.readBool()
        isStopped = try reader.readBool()
        unpaid = try [String](from: &reader)
        known = try [UniqueID](from: &reader)
        try reader.endRecord(tail)
    }
}
