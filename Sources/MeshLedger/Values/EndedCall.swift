package import MeshCore
package import MeshWire

/// A call that has ended, as long as it is known.
package struct EndedCall: Hashable, Sendable {
    /// The call.
    package let id: UniqueID

    /// What stands for its whole content.
    package let fingerprint: UInt64

    /// What became of it.
    package internal(set) var fate: Fate

    /// What became of a call.
    package enum Fate: Hashable, Sendable {
        /// It was charged.
        case settled(SettledCall)
        /// Nothing was used.
        case voided
        /// Nobody said in time; a late word is still taken.
        case expired(Hold)
    }
}

/// A call that was charged.
package struct SettledCall: Hashable, Sendable {
    /// What stands for the outcome that was told.
    package let outcome: UInt64
    /// What was answered.
    package let receipt: ChargeReceipt
    /// What has been given back of it.
    package internal(set) var refunded: Money
}

/// The calls that ended last.
package struct EndedCalls: Hashable, Sendable {
    private var calls: [UniqueID: EndedCall] = [:]
    /// In the order in which they ended; what stands before `first` has been forgotten.
    private var order: [UniqueID] = []
    private var first = 0

    /// None.
    package init() {}

    /// What is known of the call `id`.
    package subscript(id: UniqueID) -> EndedCall? { calls[id] }

    /// How many are known.
    package var count: Int { calls.count }

    /// A call has ended, or an expired one after all; beyond ``Limits/Ledger/maximumEndedCalls`` the one that ended
    /// first is forgotten.
    mutating func note(_ call: EndedCall) {
        if calls.updateValue(call, forKey: call.id) == nil { order.append(call.id) }
        while calls.count > Limits.Ledger.maximumEndedCalls {
            calls[order[first]] = nil
            first += 1
        }
        if first > Limits.Ledger.maximumEndedCalls {
            order.removeFirst(first)
            first = 0
        }
    }

    /// Something of the call `id` was given back.
    mutating func refunded(_ id: UniqueID, _ amount: Money) {
        guard case .settled(var settled)? = calls[id]?.fate else { return }
        settled.refunded = settled.refunded + amount
        calls[id]?.fate = .settled(settled)
    }

    package static func == (left: EndedCalls, right: EndedCalls) -> Bool {
        left.calls == right.calls && left.order[left.first...] == right.order[right.first...]
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(order[first...]) }
}

extension EndedCalls: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.write(list: order[first...].compactMap { calls[$0] })
    }

    package init(from reader: inout WireReader) throws(WireError) {
        for call in try [EndedCall](from: &reader) { note(call) }
    }
}

extension EndedCall: WireCodable {
    package func encode(into writer: inout WireWriter) {
        switch fate {
        case .settled(let settled):
            writer.writeArrayHead(count: 6)
            writer.write(UInt64(0))
            writer.write(id)
            writer.write(fingerprint)
            writer.write(settled.outcome)
            settled.receipt.encode(into: &writer)
            writer.write(settled.refunded)
        case .voided:
            writer.writeArrayHead(count: 3)
            writer.write(UInt64(1))
            writer.write(id)
            writer.write(fingerprint)
        case .expired(let hold):
            writer.writeArrayHead(count: 4)
            writer.write(UInt64(2))
            writer.write(id)
            writer.write(fingerprint)
            hold.encode(into: &writer)
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let count = try reader.beginArray()
        guard count >= 3 else { throw WireError(.missingFields, "a call of \(count) fields") }
        let number = try reader.readUInt64()
        id = try reader.readUniqueID()
        fingerprint = try reader.readUInt64()
        let known: Int
        switch number {
        case 0:
            guard count >= 6 else { throw WireError(.missingFields, "a call of \(count) fields") }
            let outcome = try reader.readUInt64()
            let receipt = try ChargeReceipt(from: &reader)
            fate = .settled(SettledCall(outcome: outcome, receipt: receipt, refunded: try reader.readMoney()))
            known = 6
        case 1:
            fate = .voided
            known = 3
        case 2:
            guard count >= 4 else { throw WireError(.missingFields, "a call of \(count) fields") }
            fate = .expired(try Hold(from: &reader))
            known = 4
        default: throw WireError(.invalidValue, "no call ends as \(number)")
        }
        for _ in known..<count { try reader.skipItem() }
        reader.endNesting()
    }
}
