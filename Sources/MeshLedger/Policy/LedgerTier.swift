internal import MeshCore
package import MeshWire

/// What an account has agreed to.
package enum LedgerTier: UInt64, LedgerNumber, CaseIterable {
    /// Pays nothing: models of our own, and of others what it was granted or has paid ahead.
    case free = 0
    /// Pays what providers take of us, and a fee.
    case managed = 1
    /// Shows providers a key of its own.
    case byok = 2

    /// The word that people write: `managed`.
    package var name: String {
        switch self {
        case .free: "free"
        case .managed: "managed"
        case .byok: "byok"
        }
    }

    /// The tier called `name`.
    package init?(name: String) {
        guard let tier = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = tier
    }
}

/// What a call is, as far as its price goes; a call is of one kind, so one multiplier holds.
package enum UseKind: UInt64, LedgerNumber, CaseIterable {
    /// A model that runs on a node of ours.
    case local = 0
    /// A provider's model.
    case cloud = 1
    /// Somebody's shared knowledge or adapter, whatever runs the model.
    case knowledge = 2

    /// The word that people write: `cloud`.
    package var name: String {
        switch self {
        case .local: "local"
        case .cloud: "cloud"
        case .knowledge: "knowledge"
        }
    }

    /// The kind called `name`.
    package init?(name: String) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }
}

/// Of what a multiplier is taken.
package enum ChargeBasis: UInt64, LedgerNumber {
    /// Cost and fee are charged: 1.30 × cost.
    case whole = 0
    /// The asker has paid the cost with a key of its own, and the fee alone is charged: 0.30 × cost.
    case fee = 1
}

/// The one factor of a charge.
package struct ChargeRate: Hashable, Sendable {
    /// Thousandths: 1,030 is 1.03.
    package let thousandths: Int64

    /// Of what it is taken.
    package let basis: ChargeBasis

    /// So many thousandths of `basis`.
    package init(thousandths: Int64, basis: ChargeBasis = .whole) {
        self.thousandths = thousandths
        self.basis = basis
    }
}

extension ChargeRate: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        writer.write(thousandths)
        basis.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        thousandths = try reader.readInt64()
        basis = try ChargeBasis(from: &reader)
        try reader.endRecord(tail)
        guard (1_000...Limits.Ledger.highestMultiplier).contains(thousandths) else {
            throw WireError(.invalidValue, "no charge is multiplied by \(thousandths) thousandths")
        }
    }
}
