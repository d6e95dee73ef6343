package import MeshWire

/// A record of six fields with one array of numbers and one of records: what benchmarks, vectors and fuzzing share.
package struct SampleTransfer: WireCodable, Hashable {
    /// One side of the transfer.
    package struct Leg: WireCodable, Hashable {
        /// Who.
        package var account: String
        /// How much, negative for the giver.
        package var amount: Int64

        /// The leg of `account`.
        package init(account: String, amount: Int64) {
            self.account = account
            self.amount = amount
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 2)
            account.encode(into: &writer)
            amount.encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            account = try reader.readText()
            amount = try reader.readInt64()
            try reader.endRecord(tail)
        }
    }

    /// The id of the command that moved the money.
    package var id: String
    /// Its place in the journal.
    package var sequence: Int64
    /// A rate that no half float keeps.
    package var rate: Double
    /// A word for people, or none.
    package var memo: String?
    /// Numbers that a half float keeps.
    package var weights: [Double]
    /// Both sides.
    package var legs: [Leg]

    /// A transfer of these fields.
    package init(id: String, sequence: Int64, rate: Double, memo: String?, weights: [Double], legs: [Leg]) {
        self.id = id
        self.sequence = sequence
        self.rate = rate
        self.memo = memo
        self.weights = weights
        self.legs = legs
    }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 6)
        id.encode(into: &writer)
        sequence.encode(into: &writer)
        rate.encode(into: &writer)
        memo.encode(into: &writer)
        weights.encode(into: &writer)
        legs.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 6)
        id = try reader.readText()
        sequence = try reader.readInt64()
        rate = try reader.readDouble()
        memo = try String?(from: &reader)
        weights = try [Double](from: &reader)
        legs = try [Leg](from: &reader)
        try reader.endRecord(tail)
    }

    /// The transfer that benchmarks and golden bytes use.
    package static let example = SampleTransfer(
        id: "tx-0123456789abcdef01234567",
        sequence: 123_456_789,
        rate: 1.062_6,
        memo: "transfer",
        weights: [0.5, 1.25, 2.5, 3.75],
        legs: [Leg(account: "acct-alice-000001", amount: -500), Leg(account: "acct-bob", amount: 500)]
    )
}
